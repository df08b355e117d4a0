// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "coming_ways.hpp"
#include "rules.hpp"
#include "sources.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/guard_daemon.hpp"
#include "support/score.hpp"
#include "support/usage.hpp"

namespace oomguard::test {
namespace {

void check_held(GuardDaemon& daemon, const Way& way) {
    CAPTURE(way.title);
    const pid_t pid = way.happen();
    CHECK(comes_to(pid, way.score));
    const auto told = daemon.client().wait_for("ProcessHeld", pid);
    REQUIRE(told);
    CHECK(told->rule == way.rule);
    CHECK(told->original == 0);
    CHECK(told->wanted == way.score);
    const auto listed = daemon.client().process(pid);
    REQUIRE(listed);
    CHECK(listed->rule == way.rule);
    CHECK(listed->original == 0);
    CHECK(listed->wanted == way.score);
    CHECK(listed->current == way.score);
    CHECK(listed->state == "held");
}

/// Runs the daemon with the settings; every way that the source must find ends held.
void check_ways(const std::string& settings, const std::string& source, Needed needed) {
    ComingWays ways;
    GuardDaemon daemon;
    if (!start_with(daemon, ways, settings, source))
        return;
    for (const Way& way : ways.all()) {
        if (needed(way))
            check_held(daemon, way);
    }
}

TEST_CASE("With every source, a process is held whichever way it comes to match") {
    check_ways("", "", every_way);
}

TEST_CASE("With the sweep alone, a process is held whichever way it comes to match") {
    check_ways(kShortSweeps + sources(false, false, false, true), "sweep", every_way);
}

TEST_CASE("With the proc connector and the sweep, every way of coming to match is held") {
    check_ways(kShortSweeps + sources(true, false, false, true), "proc-connector", every_way);
}

TEST_CASE("With inotify and the sweep, every way of coming to match is held") {
    check_ways(kShortSweeps + sources(false, true, true, true), "exec-doorbell", every_way);
}

TEST_CASE("The proc connector alone, without a sweep, finds every way but a move of cgroup") {
    check_ways(sources(true, false, false, false), "proc-connector",
               [](const Way& way) { return way.kind != Way::Kind::Move; });
}

TEST_CASE("The exec doorbell alone, without a sweep, finds new processes that execute programs") {
    check_ways(sources(false, false, true, false), "exec-doorbell",
               [](const Way& way) { return way.kind == Way::Kind::Start; });
}

TEST_CASE("The cgroups alone, without a sweep, find a process that enters a cgroup") {
    check_ways(sources(false, true, false, false), "cgroups",
               [](const Way& way) { return way.kind == Way::Kind::Move; });
}

/// A cgroup that is made while the daemon runs with no other source; none, said as a warning, where
/// it cannot be made.
std::optional<TestCgroup> made_while_running(GuardDaemon& daemon) {
    daemon.write_settings(sources(false, true, false, false));
    daemon.start();
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup)
        WARN("skipped: " << why_not);
    return cgroup;
}

TEST_CASE("A cgroup made while the daemon runs is watched") {
    GuardDaemon daemon;
    auto cgroup = made_while_running(daemon);
    if (!cgroup)
        return;
    Programs programs;
    const auto name = programs.unique_name();
    const auto loads = daemon.loads();
    daemon.write_rules(
        "10-test.yaml",
        rule_file(
            {rule("test", "{name: " + name + ", cgroup: " + cgroup->patterns() + "}", "345")}));
    REQUIRE(daemon.wait_for_load(loads));
    Subject subject = programs.start(name);
    REQUIRE(read_score(subject.pid()) == 0);
    subject.tell({"cgroup", cgroup->path()});
    CHECK(comes_to(subject.pid(), 345));
}

TEST_CASE("The watches of a cgroup that has gone are removed, since the kernel keeps them") {
    GuardDaemon daemon;
    auto cgroup = made_while_running(daemon);
    if (!cgroup)
        return;
    const Usage guard(daemon.pid());
    std::vector<struct stat> watched;
    for (const char* file : {"", "/cgroup.events"}) {
        struct stat status {};
        REQUIRE(::stat((cgroup->path() + file).c_str(), &status) == 0);
        watched.push_back(status);
        CHECK(eventually([&] { return guard.watches(status); }));
    }
    cgroup.reset();
    for (const struct stat& status : watched)
        CHECK(eventually([&] { return !guard.watches(status); }));
}

TEST_CASE("Every source tells by its name whether it works") {
    GuardDaemon daemon;
    daemon.write_settings(sources(false, false, false, true));
    daemon.start();
    auto& client = daemon.client();
    using State = std::pair<bool, std::string>;
    CHECK(client.source("proc-connector") == State(false, "switched off in the settings"));
    CHECK(client.source("cgroups") == State(false, "switched off in the settings"));
    CHECK(client.source("exec-doorbell") == State(false, "switched off in the settings"));
    CHECK(client.source("rule-files") == State(true, ""));
    CHECK(client.source("sweep") == State(true, ""));
}

TEST_CASE("Processes that match when the daemon starts are held when it is ready") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(sources(false, false, false, false));
    daemon.write_rules("10-test.yaml", program_rule(name, 222));
    daemon.start();
    CHECK(read_score(subject.pid()) == 222);
}

}  // namespace
}  // namespace oomguard::test
