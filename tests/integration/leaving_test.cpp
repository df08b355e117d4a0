// SPDX-License-Identifier: MIT
#include <string>

#include "rules.hpp"
#include "sources.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/score.hpp"
#include "ways.hpp"

// Whichever way a process stops matching its rule, it gets back what it had before.
namespace oomguard::test {
namespace {

constexpr int kOwnScore = 77;
constexpr const char* kOtherUser = "54321";
constexpr const char* kOtherGroup = "54322";

/// Every way in which a process stops matching. Before it matches, with a score of its own.
class LeavingWays : public Ways {
  public:
    LeavingWays() {
        add_executed();
        add_renamed();
        add_users();
        add_moved();
        add_orphaned();
    }

  private:
    Subject& matching(const std::string& name, const std::vector<std::string>& arguments = {}) {
        Subject& one = subject(name, arguments);
        one.tell({"score", std::to_string(kOwnScore)});
        return one;
    }

    void add_executed() {
        const auto name = programs().unique_name();
        const auto other = programs().add(programs().unique_name());
        add("exec of another program", named(name),
            {Way::Kind::Change, telling(matching(name), {"exec", other, "obey"})});

        const auto with_argument = programs().unique_name();
        add("exec with other arguments", named(with_argument, "cmdline: '* --token'"),
            {Way::Kind::Change, telling(matching(with_argument, {"--token"}),
                                        {"exec", programs().path(with_argument), "obey"})});
    }

    void add_renamed() {
        // By name the executable means it too, so it is one of another name.
        const auto name = programs().unique_name();
        Subject& renamed = matching(programs().unique_name());
        renamed.tell({"rename", name});
        add("a change of its own name", named(name),
            {Way::Kind::Change, telling(renamed, {"rename", programs().unique_name()})});

        const auto before = programs().unique_name();
        const auto excepted = programs().unique_name();
        add("a name that its rule excepts", named(before),
            {Way::Kind::Change, telling(matching(before), {"rename", excepted})},
            "except: " + named(excepted));
    }

    void add_users() {
        if (!can_change_user())
            return;
        const auto by_user = programs().unique_name();
        add("a change of user", named(by_user, "user: 0"),
            {Way::Kind::Change, telling(matching(by_user), {"setuid", kOtherUser})});

        const auto by_group = programs().unique_name();
        add("a change of group", named(by_group, "user: '%0'"),
            {Way::Kind::Change, telling(matching(by_group), {"setgid", kOtherGroup})});
    }

    void add_moved() {
        TestCgroup* const here = cgroup("a move out of its cgroup");
        TestCgroup* const there = cgroup("a move out of its cgroup");
        if (here == nullptr || there == nullptr)
            return;
        const auto name = programs().unique_name();
        Subject& inside = matching(name);
        inside.tell({"cgroup", here->path()});
        add("a move out of its cgroup", named(name, "cgroup: " + here->patterns()),
            {Way::Kind::Move, telling(inside, {"cgroup", there->path()})});

        const auto wanderer = programs().unique_name();
        Subject& outside = matching(wanderer);
        add("a cgroup made around it elsewhere", named(wanderer, "cgroup: " + here->patterns()),
            {Way::Kind::Move, [there, pid = outside.tell({"cgroup", here->path()})] {
                 there->make_around(pid, "run.scope");
                 return pid;
             }});
    }

    void add_orphaned() {
        const auto parent = programs().unique_name();
        const auto child = programs().unique_name();
        Subject& ending = matching(parent);
        add("the end of its parent", named(child, "parent: " + parent),
            {Way::Kind::Around, [&ending, pid = ending.tell({"spawn", programs().add(child)})] {
                 ending.kill();
                 return pid;
             }});
    }
};

void check_released(GuardDaemon& daemon, const Way& way) {
    CAPTURE(way.title);
    const pid_t pid = way.happen();
    CHECK(comes_to(pid, kOwnScore));
    const auto told = daemon.client().wait_for("ProcessReleased", pid);
    REQUIRE(told);
    CHECK(told->rule == way.rule);
    CHECK(told->value == kOwnScore);
    CHECK(told->text == "unmatched");
    CHECK_FALSE(daemon.client().process(pid));
    CHECK(daemon.client().rule(way.rule)->held == 0);
}

/// Runs the daemon with the settings; whoever leaves in a way that the source must find is let go.
void check_ways(const std::string& settings, const std::string& source, Needed needed) {
    LeavingWays ways;
    GuardDaemon daemon;
    if (!start_with(daemon, ways, settings, source))
        return;
    for (const Way& way : ways.all()) {
        CAPTURE(way.title);
        CHECK(daemon.client().rule(way.rule)->held == 1);
    }
    for (const Way& way : ways.all()) {
        if (needed(way))
            check_released(daemon, way);
    }
}

TEST_CASE("With every source, a process is released whichever way it stops matching") {
    check_ways("", "", every_way);
}

TEST_CASE("With the sweep alone, a process is released whichever way it stops matching") {
    check_ways(kShortSweeps + sources(false, false, false, true), "sweep", every_way);
}

TEST_CASE("With the proc connector and the sweep, every way of stopping to match is released") {
    check_ways(kShortSweeps + sources(true, false, false, true), "proc-connector", every_way);
}

TEST_CASE("With inotify and the sweep, every way of stopping to match is released") {
    check_ways(kShortSweeps + sources(false, true, true, true), "exec-doorbell", every_way);
}

TEST_CASE("The proc connector alone, without a sweep, finds whoever changes not to match") {
    check_ways(sources(true, false, false, false), "proc-connector",
               [](const Way& way) { return way.kind == Way::Kind::Change; });
}

TEST_CASE("The cgroups alone, without a sweep, find whoever leaves a cgroup for an empty one") {
    check_ways(sources(false, true, false, false), "cgroups",
               [](const Way& way) { return way.kind == Way::Kind::Move; });
}

}  // namespace
}  // namespace oomguard::test
