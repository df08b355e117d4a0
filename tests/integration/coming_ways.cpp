// SPDX-License-Identifier: MIT
#include "coming_ways.hpp"

#include <string>
#include <utility>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kUser = "54321";
constexpr const char* kGroup = "54322";

}  // namespace

ComingWays::ComingWays() {
    add_started();
    add_scripts();
    add_changed();
    add_families();
    add_moved();
}

void ComingWays::add_started() {
    using Kind = Way::Kind;
    for (const auto& [command, title] : {std::pair{"spawn", "posix_spawn"},
                                         {"forkexec", "fork and exec"},
                                         {"vforkexec", "vfork and exec"}}) {
        const auto name = programs().unique_name();
        add(title, named(name), {Kind::Start, telling(starter_, {command, programs().add(name)})});
    }
    const auto by_path = programs().add(programs().unique_name());
    add("the executable's path", "{exe: " + by_path + "}",
        {Kind::Start, telling(starter_, {"spawn", by_path})});

    const auto name = programs().unique_name();
    add("the arguments", named(name, "cmdline: '* --token *'"),
        {Kind::Start,
         telling(starter_, {"spawn", programs().add(name), "--first", "--token", "last"})});

    const auto stubborn = programs().unique_name();
    add("a score of its own, set when it is held already", named(stubborn),
        {Kind::Start, [this, stubborn, score = next_score()] {
             Subject& started = subject(stubborn);
             REQUIRE(comes_to(started.pid(), score));
             return started.tell({"score", "77"});
         }});
}

void ComingWays::add_scripts() {
    const auto script = programs().unique_name();
    add("a script", named(script),
        {Way::Kind::Start, telling(starter_, {"spawn", programs().add_script(script)})});

    const auto long_name = programs().unique_name("-with-a-name-longer-than-comm");
    add("a script whose name comm does not hold", named(long_name),
        {Way::Kind::Start, telling(starter_, {"spawn", programs().add_script(long_name)})});
}

void ComingWays::add_changed() {
    const auto other = programs().unique_name();
    add("exec of another program", named(other),
        {Way::Kind::Change,
         telling(subject(programs().unique_name()), {"exec", programs().add(other), "obey"})});

    const auto renamed = programs().unique_name();
    add("a change of its own name", named(renamed),
        {Way::Kind::Change, telling(subject(programs().unique_name()), {"rename", renamed})});

    if (!can_change_user())
        return;
    const auto by_user = programs().unique_name();
    add("a change of user", named(by_user, std::string("user: ") + kUser),
        {Way::Kind::Change, telling(subject(by_user), {"setuid", kUser})});

    const auto by_group = programs().unique_name();
    add("a change of group", named(by_group, std::string("user: '%") + kGroup + "'"),
        {Way::Kind::Change, telling(subject(by_group), {"setgid", kGroup})});
}

void ComingWays::add_families() {
    // The parent does not match: the child has not just inherited the score.
    const auto forking = programs().unique_name();
    add("fork without exec", named(forking, "parent: " + forking),
        {Way::Kind::Change, telling(subject(forking), {"fork"})});

    const auto parent = programs().unique_name();
    const auto child = programs().unique_name();
    add("its parent", named(child, "parent: " + parent),
        {Way::Kind::Start, telling(subject(parent), {"spawn", programs().add(child)})});

    const auto ancestor = programs().unique_name();
    const auto grandchild = programs().unique_name();
    add("an ancestor", named(grandchild, "ancestor: " + ancestor),
        {Way::Kind::Start, telling(subject(ancestor), {"spawnbelow", programs().add(grandchild)})});
}

void ComingWays::add_moved() {
    const auto name = programs().unique_name();
    if (TestCgroup* const there = cgroup("a move to another cgroup"))
        add("a move to another cgroup", named(name, "cgroup: " + there->patterns()),
            {Way::Kind::Move, telling(subject(name), {"cgroup", there->path()})});

    const auto in_scope = programs().unique_name();
    if (TestCgroup* const slice = cgroup("a cgroup made around a running process"))
        add("a cgroup made around a running process",
            named(in_scope, "cgroup: " + slice->patterns("run.scope")),
            {Way::Kind::Move, [slice, pid = subject(in_scope).pid()] {
                 slice->make_around(pid, "run.scope");
                 return pid;
             }});
}

}  // namespace oomguard::test
