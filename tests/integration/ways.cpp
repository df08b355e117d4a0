// SPDX-License-Identifier: MIT
#include "ways.hpp"

#include <utility>

#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"

namespace oomguard::test {
namespace {

constexpr int kFirstScore = 300;
constexpr const char* kUser = "54321";
constexpr const char* kGroup = "54322";

std::string named(const std::string& name, const std::string& more = {}) {
    return "{name: " + name + (more.empty() ? "" : ", " + more) + "}";
}

std::function<pid_t()> telling(Subject& subject, std::vector<std::string> words) {
    return [&subject, words = std::move(words)] { return subject.tell(words); };
}

}  // namespace

Ways::Ways() {
    add_started();
    add_scripts();
    add_changed();
    add_families();
    add_moved();
}

void Ways::add(const std::string& title, const std::string& match, Way way) {
    way.title = title;
    way.rule = "way-" + std::to_string(ways_.size());
    way.score = kFirstScore + static_cast<int>(ways_.size());
    rules_ += rule(way.rule, match, std::to_string(way.score));
    ways_.push_back(std::move(way));
}

Subject& Ways::subject(const std::string& name) {
    return subjects_.emplace_back(programs_.start(name));
}

void Ways::add_started() {
    for (const auto& [command, title] : {std::pair{"spawn", "posix_spawn"},
                                         {"forkexec", "fork and exec"},
                                         {"vforkexec", "vfork and exec"}}) {
        const auto name = programs_.unique_name();
        add(title, named(name),
            {.starts = true, .come = telling(starter_, {command, programs_.add(name)})});
    }
    const auto by_path = programs_.add(programs_.unique_name());
    add("the executable's path", "{exe: " + by_path + "}",
        {.starts = true, .come = telling(starter_, {"spawn", by_path})});

    const auto name = programs_.unique_name();
    add("the arguments", named(name, "cmdline: '* --token *'"),
        {.starts = true,
         .come = telling(starter_, {"spawn", programs_.add(name), "--first", "--token", "last"})});
}

void Ways::add_scripts() {
    const auto script = programs_.unique_name();
    add("a script", named(script),
        {.starts = true, .come = telling(starter_, {"spawn", programs_.add_script(script)})});

    const auto long_name = programs_.unique_name("-with-a-name-longer-than-comm");
    add("a script whose name comm does not hold", named(long_name),
        {.starts = true, .come = telling(starter_, {"spawn", programs_.add_script(long_name)})});
}

void Ways::add_changed() {
    const auto other = programs_.unique_name();
    add("exec of another program", named(other),
        {.come =
             telling(subject(programs_.unique_name()), {"exec", programs_.add(other), "obey"})});

    const auto renamed = programs_.unique_name();
    add("a change of its own name", named(renamed),
        {.come = telling(subject(programs_.unique_name()), {"rename", renamed})});

    if (::geteuid() != 0) {
        WARN("skipped, changes of user and group: only root can make them");
        return;
    }
    const auto by_user = programs_.unique_name();
    add("a change of user", named(by_user, std::string("user: ") + kUser),
        {.come = telling(subject(by_user), {"setuid", kUser})});

    const auto by_group = programs_.unique_name();
    add("a change of group", named(by_group, std::string("user: '%") + kGroup + "'"),
        {.come = telling(subject(by_group), {"setgid", kGroup})});
}

void Ways::add_families() {
    // The parent does not match: the child has not just inherited the score.
    const auto forking = programs_.unique_name();
    add("fork without exec", named(forking, "parent: " + forking),
        {.come = telling(subject(forking), {"fork"})});

    const auto parent = programs_.unique_name();
    const auto child = programs_.unique_name();
    add("its parent", named(child, "parent: " + parent),
        {.starts = true, .come = telling(subject(parent), {"spawn", programs_.add(child)})});

    const auto ancestor = programs_.unique_name();
    const auto grandchild = programs_.unique_name();
    add("an ancestor", named(grandchild, "ancestor: " + ancestor),
        {.starts = true,
         .come = telling(subject(ancestor), {"spawnbelow", programs_.add(grandchild)})});
}

void Ways::add_moved() {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped, a move to another cgroup: " << why_not);
        return;
    }
    const auto name = programs_.unique_name();
    add("a move to another cgroup", named(name, "cgroup: " + cgroup->patterns()),
        {.moves = true, .come = telling(subject(name), {"cgroup", cgroup->path()})});
    cgroups_.push_back(std::move(*cgroup));
}

}  // namespace oomguard::test
