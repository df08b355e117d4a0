// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include "daemon/holding.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kRules = "10-test.yaml";
constexpr const char* kShortSweeps =
    "sweep_interval: 200ms\nsweep_interval_without_events: 200ms\n";

/// One program with a score of its own, and a daemon with a rule for it that is not started yet.
struct OneProgram {
    OneProgram(const std::string& own, const std::string& wanted) : subject(programs.start(name)) {
        subject.tell({"score", own});
        daemon.write_settings(kShortSweeps);
        daemon.write_rules(kRules, rule_file({rule("test", "{name: " + name + "}", wanted)}));
    }

    [[nodiscard]] pid_t pid() const { return subject.pid(); }
    ManagerClient::ProcessRow listed() { return daemon.client().process(pid()).value(); }

    void remove_rules() {
        const auto loads = daemon.loads();
        daemon.remove_rules(kRules);
        REQUIRE(daemon.wait_for_load(loads));
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject;
    GuardDaemon daemon;
};

TEST_CASE("A value changed by hand is put back, counted and told") {
    OneProgram one("0", "300");
    one.daemon.start();
    const auto written = one.daemon.client()->Written();
    CHECK(written == 1);
    REQUIRE(write_score(one.pid(), 5));
    CHECK(comes_to(one.pid(), 300));
    const auto told = one.daemon.client().wait_for("ScoreDrifted", one.pid());
    REQUIRE(told);
    CHECK(told->process == one.name);
    CHECK(told->rule == "test");
    CHECK(told->wanted == 300);
    CHECK(told->found == 5);
    CHECK(told->repaired);
    CHECK(one.daemon.client()->DriftsRepaired() == 1);
    CHECK(one.daemon.client()->Written() == 2);
    CHECK(one.listed().state == "held");
    CHECK(one.listed().original == 0);
    CHECK(one.daemon.logged("had been changed") ==
          std::vector<std::string>{"warning: '" + one.name + "' (pid " + std::to_string(one.pid()) +
                                   ") had been changed to 5, put back to 300 by rule 'test'"});
}

TEST_CASE("A process at rest is written to once and then left alone") {
    OneProgram one("0", "300");
    one.daemon.start();
    const auto sweeps = one.daemon.client()->Sweeps();
    REQUIRE(eventually([&] { return one.daemon.client()->Sweeps() > sweeps + 5; }));
    CHECK(one.daemon.client()->Written() == 1);
    CHECK(one.daemon.client().count("ProcessHeld") == 1);
    CHECK(one.daemon.client().count("ScoreDrifted") == 0);
}

TEST_CASE("A process that has the wanted value by itself is held and never written to") {
    OneProgram one("300", "300");
    one.daemon.start();
    CHECK(one.listed().state == "held");
    CHECK(one.daemon.client()->Written() == 0);
    one.remove_rules();
    CHECK(read_score(one.pid()) == 300);
    CHECK(one.daemon.client()->Written() == 0);
}

TEST_CASE("A program that fights for its own value is backed off from and reported") {
    OneProgram one("0", "300");
    one.daemon.start();
    one.subject.tell({"fight", "7"});
    const auto gave_up = one.daemon.client().wait_for([&](const Signal& signal) {
        return signal.name == "ScoreDrifted" && signal.pid == one.pid() && !signal.repaired;
    });
    REQUIRE(gave_up);
    CHECK(gave_up->found == 7);
    CHECK(gave_up->wanted == 300);

    const auto written = one.daemon.client()->Written();
    CHECK(written == 1 + daemon::Backoff::kFreeTries + 1);
    CHECK(one.listed().state == "drifting");
    CHECK(one.listed().current == 7);
    const auto degraded = one.daemon.client()->Degraded();
    CHECK(std::count(degraded.begin(), degraded.end(),
                     "1 process keeps changing a held score; see ListProcesses") == 1);

    // Sweeps go on, and leave it.
    const auto sweeps = one.daemon.client()->Sweeps();
    REQUIRE(eventually([&] { return one.daemon.client()->Sweeps() > sweeps + 10; }));
    CHECK(one.daemon.client()->Written() == written);
    CHECK(read_score(one.pid()) == 7);
    CHECK(one.daemon.client().count("ScoreDrifted", one.pid()) == daemon::Backoff::kFreeTries + 2);
    CHECK(one.daemon.wait_for_status("1 process keeps changing a held score"));
    CHECK(one.daemon.logged("again and again").size() == 1);
}

TEST_CASE("A program that has set its own value as its last word keeps it when the rule goes") {
    OneProgram one("0", "300");
    one.daemon.start();
    one.subject.tell({"fight", "7"});
    REQUIRE(one.daemon.client().wait_for(
        [&](const Signal& signal) { return signal.name == "ScoreDrifted" && !signal.repaired; }));
    one.remove_rules();
    CHECK(read_score(one.pid()) == 7);
    CHECK_FALSE(one.daemon.client().process(one.pid()));
}

TEST_CASE("at_least raises what is below and leaves what is above") {
    OneProgram one("100", "{at_least: 300}");
    one.daemon.start();
    CHECK(read_score(one.pid()) == 300);
    // The program's own higher value is its own from then on.
    REQUIRE(write_score(one.pid(), 600));
    REQUIRE(eventually([&] { return one.listed().wanted == 600; }));
    CHECK(one.listed().state == "held");
    CHECK(read_score(one.pid()) == 600);
    CHECK(one.daemon.client()->DriftsRepaired() == 0);
    REQUIRE(write_score(one.pid(), 50));
    CHECK(comes_to(one.pid(), 300));
    one.remove_rules();
    CHECK(read_score(one.pid()) == 50);
}

TEST_CASE("at_least leaves a process alone that is above it") {
    OneProgram one("400", "{at_least: 300}");
    one.daemon.start();
    CHECK(read_score(one.pid()) == 400);
    CHECK(one.listed().state == "held");
    CHECK(one.listed().wanted == 400);
    CHECK(one.daemon.client()->Written() == 0);
}

TEST_CASE("at_most lowers what is above and leaves what is below") {
    OneProgram one("500", "{at_most: 200}");
    one.daemon.start();
    CHECK(read_score(one.pid()) == 200);
    CHECK(one.listed().original == 500);
    REQUIRE(write_score(one.pid(), 20));
    REQUIRE(eventually([&] { return one.listed().wanted == 20; }));
    CHECK(read_score(one.pid()) == 20);
    REQUIRE(write_score(one.pid(), 800));
    CHECK(comes_to(one.pid(), 200));
    one.remove_rules();
    CHECK(read_score(one.pid()) == 800);
}

TEST_CASE("at_most leaves a process alone that is below it") {
    OneProgram one("100", "{at_most: 200}");
    one.daemon.start();
    CHECK(read_score(one.pid()) == 100);
    CHECK(one.listed().wanted == 100);
    CHECK(one.daemon.client()->Written() == 0);
}

TEST_CASE("Zero is a value: it lowers a process that had raised itself") {
    OneProgram one("100", "0");
    one.daemon.start();
    CHECK(read_score(one.pid()) == 0);
    CHECK(one.listed().original == 100);
    CHECK(one.listed().state == "held");
    one.remove_rules();
    CHECK(read_score(one.pid()) == 100);
}

}  // namespace
}  // namespace oomguard::test
