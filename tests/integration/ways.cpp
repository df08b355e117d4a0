// SPDX-License-Identifier: MIT
#include "ways.hpp"

#include <utility>

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
        const auto path = programs_.add(name);
        add(title, named(name), {.executes = true, .come = [this, path, command = command] {
                                     return starter_.tell({command, path});
                                 }});
    }
    const auto by_path = programs_.add(programs_.unique_name());
    add("the executable's path", "{exe: " + by_path + "}",
        {.executes = true, .come = [this, by_path] {
             return starter_.tell({"spawn", by_path});
         }});

    const auto name = programs_.unique_name();
    const auto path = programs_.add(name);
    add("the arguments", named(name, "cmdline: '* --token *'"),
        {.executes = true, .come = [=, this] {
             return starter_.tell({"spawn", path, "--first", "--token", "last"});
         }});
}

void Ways::add_scripts() {
    for (const auto* ending : {"", "-with-a-name-longer-than-comm"}) {
        const auto name = programs_.unique_name(ending);
        const auto path = programs_.add_script(name);
        add(*ending == '\0' ? "a script" : "a script whose name comm does not hold", named(name),
            {.executes = true, .come = [this, path] {
                 return starter_.tell({"spawn", path});
             }});
    }
}

void Ways::add_changed() {
    const auto other = programs_.unique_name();
    const auto path = programs_.add(other);
    Subject& executing = subject(programs_.unique_name());
    add("exec of another program", named(other),
        {.executes = true, .come = [&executing, path] {
             return executing.tell({"exec", path, "obey"});
         }});

    const auto renamed = programs_.unique_name();
    Subject& renaming = subject(programs_.unique_name());
    add("a change of its own name", named(renamed), {.come = [this, renamed] {
            return starter_.tell({"rename", renamed});
        }});

    const auto by_user = programs_.unique_name();
    add("a change of user", named(by_user, std::string("user: ") + kUser),
        {.come = [this, by_user] {
            return subject(by_user).tell({"setuid", kUser});
        }});

    const auto by_group = programs_.unique_name();
    add("a change of group", named(by_group, std::string("user: '%") + kGroup + "'"),
        {.come = [this, by_group] {
            return subject(by_group).tell({"setgid", kGroup});
        }});
}

void Ways::add_families() {
    // The parent does not match: the child has not just inherited the score.
    const auto forking = programs_.unique_name();
    add("fork without exec", named(forking, "parent: " + forking),
        {.come = [this, forking] { return subject(forking).tell({"fork"}); }});

    const auto parent = programs_.unique_name();
    const auto child = programs_.unique_name();
    const auto child_path = programs_.add(child);
    add("its parent", named(child, "parent: " + parent),
        {.executes = true, .come = [=, this] {
             return subject(parent).tell({"spawn", child_path});
         }});

    const auto ancestor = programs_.unique_name();
    const auto grandchild = programs_.unique_name();
    const auto path = programs_.add(grandchild);
    add("an ancestor", named(grandchild, "ancestor: " + ancestor),
        {.executes = true, .come = [=, this] {
             return subject(ancestor).tell({"spawnbelow", path});
         }});
}

void Ways::add_moved() {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped, a move to another cgroup: " << why_not);
        return;
    }
    const auto name = programs_.unique_name();
    const auto path = cgroup->path();
    add("a move to another cgroup", named(name, "cgroup: " + cgroup->patterns()),
        {.moves = true, .come = [=, this] {
             return subject(name).tell({"cgroup", path});
         }});
    cgroups_.push_back(std::move(*cgroup));
}

}  // namespace oomguard::test
