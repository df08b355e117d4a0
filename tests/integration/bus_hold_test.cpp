// SPDX-License-Identifier: MIT
#include "bus_hold.hpp"

#include <fstream>

#include "outcome.hpp"

// Hold, HoldTree and Release, by the built daemon on real processes.
namespace oomguard::test {

TEST_CASE("Hold holds a process when it returns, and Release leaves it to the rules") {
    HoldTest t;
    const pid_t ruled = t.ruled.pid();
    const pid_t other = t.other.pid();
    for (const pid_t pid : {ruled, other}) {
        CAPTURE(pid);
        t.hold(pid, 500);
        CHECK(read_score(pid) == 500);
        const auto row = t.client().process(pid);
        REQUIRE(row);
        CHECK(row->rule == "hold " + std::to_string(pid));
        CHECK(row->original == kOriginal);
        CHECK(row->wanted == 500);
        CHECK(row->current == 500);
        CHECK(row->state == "held");
        auto details = texts_of(t.client()->GetProcess(HoldTest::bus_pid(pid)));
        CHECK(details["Rule"] == "s:hold " + std::to_string(pid));
        CHECK(details["Origin"] == "s:(hold)");
        CHECK(details["Value"] == "s:500");
        CHECK(details["Original"] == "i:77");
        CHECK(details["State"] == "s:held");
    }
    const auto rule = t.client().rule("keep");
    REQUIRE(rule);
    CHECK(rule->held == 0);
    CHECK(rule->matches == 1);
    CHECK(t.client().rules().size() == 1);
    CHECK(t.client()->RuleCount() == 1);
    CHECK(t.client()->HeldCount() == 2);

    t.hold(other, 600);
    CHECK(read_score(other) == 600);
    CHECK(t.client().process(other)->original == kOriginal);

    t.client().forget_signals();
    t.release(ruled);
    t.release(other);
    CHECK(read_score(ruled) == 345);
    CHECK(read_score(other) == kOriginal);
    CHECK(t.client().process(ruled)->rule == "keep");
    CHECK_FALSE(t.client().process(other));
    CHECK(t.client().rule("keep")->held == 1);
    CHECK(t.client().rule("keep")->matches == 1);
    const auto released = t.client().wait_for("ProcessReleased", other);
    REQUIRE(released);
    CHECK(released->rule == "hold " + std::to_string(other));
    CHECK(released->value == kOriginal);
    CHECK(released->text == "unmatched");
}

TEST_CASE("HoldTree holds all descendants, and gives back when it is released or its root ends") {
    HoldTest t;
    const pid_t root = t.other.pid();
    const pid_t early = t.other.tell({"spawn", t.child_path});
    t.hold_tree(root, 500);
    CHECK(read_score(root) == 500);
    CHECK(read_score(early) == 500);
    const pid_t late = t.other.tell({"spawnbelow", t.child_path});
    (void)t.client()->Rescan();
    for (const pid_t pid : {root, early, late}) {
        CAPTURE(pid);
        CHECK(read_score(pid) == 500);
        REQUIRE(t.client().process(pid));
        CHECK(t.client().process(pid)->rule == "hold " + std::to_string(root));
    }
    CHECK(t.client().process(early)->original == kOriginal);

    SECTION("released") {
        t.release(root);
        CHECK(read_score(root) == kOriginal);
    }
    SECTION("held alone") {
        t.hold(root, 500);
        CHECK(read_score(root) == 500);
    }
    SECTION("its root ends") {
        t.other.kill();
        (void)t.client()->Rescan();
        CHECK_FALSE(t.is_pinned(root));
    }
    SECTION("its root ends while the daemon does not run") {
        t.daemon.kill9();
        t.other.kill();
        t.daemon.start();
        CHECK_FALSE(t.is_pinned(root));
    }
    for (const pid_t pid : {early, late}) {
        CAPTURE(pid);
        CHECK(read_score(pid) == kOriginal);
        CHECK_FALSE(t.client().process(pid));
    }
}

TEST_CASE("The end of the root of a tree is acted upon without a sweep") {
    HoldTest t("sweep_interval: 1h\nsweep_interval_without_events: 1h\n");
    if (!t.client().source("proc-connector").first) {
        WARN("skipped: there is no process connector here");
        return;
    }
    const pid_t child = t.other.tell({"spawn", t.child_path});
    t.hold_tree(t.other.pid(), 500);
    CHECK(read_score(child) == 500);
    t.other.kill();
    CHECK(comes_to(child, kOriginal));
}

TEST_CASE("What Hold asked for outlives the daemon, and a reload of other rules") {
    HoldTest t;
    const pid_t root = t.other.pid();
    const pid_t child = t.other.tell({"spawn", t.child_path});
    t.hold(t.ruled.pid(), 500);
    t.hold_tree(root, 600);
    SECTION("a restart") {
        t.daemon.restart();
    }
    SECTION("kill -9") {
        t.daemon.kill9();
        t.daemon.start();
    }
    SECTION("kill -9, and values changed before the next start") {
        t.daemon.kill9();
        REQUIRE(write_score(root, 700));
        t.daemon.start();
    }
    SECTION("a reload") {
        t.daemon.write_rules("10-test.yaml", rule_text("all-new", t.name, "400"));
        CHECK(t.client()->Reload() == 2);
        t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "345"));
        CHECK(t.client()->Reload() == 3);
    }
    SECTION("a restart that gives everything back") {
        t.daemon.write_settings(std::string(kQuietSettings) + "restore_on_stop: true\n");
        CHECK(t.client()->Reload() == 2);
        CHECK(t.daemon.stop() == 0);
        CHECK(read_score(t.ruled.pid()) == kOriginal);
        CHECK(read_score(root) == kOriginal);
        CHECK(read_score(child) == kOriginal);
        t.daemon.start();
    }
    CHECK(read_score(t.ruled.pid()) == 500);
    CHECK(read_score(root) == 600);
    CHECK(read_score(child) == 600);
    CHECK(t.client().process(child)->rule == "hold " + std::to_string(root));
    CHECK(t.client().process(t.ruled.pid())->original == kOriginal);
    t.release(t.ruled.pid());
    t.release(root);
    CHECK(read_score(t.ruled.pid()) == 345);
    CHECK(read_score(root) == kOriginal);
    CHECK(read_score(child) == kOriginal);
    t.daemon.restart();
    CHECK(read_score(root) == kOriginal);
}

TEST_CASE("What was taken over is told, and lines that are none are counted") {
    HoldTest t;
    t.hold(t.other.pid(), 500);
    t.daemon.kill9();
    std::ofstream(t.daemon.ledger_path(), std::ios::app) << "pin 1 1 -1000 include\npin 11 5 9\n";
    t.daemon.start();
    CHECK(t.daemon.logged("took over what") ==
          std::vector<std::string>{"info: took over what Hold had asked for: 1 process"});
    CHECK(t.daemon.logged("could not be read") ==
          std::vector<std::string>{"warning: the record of original scores had 2 lines that could "
                                   "not be read, ignoring them"});
    CHECK(read_score(t.other.pid()) == 500);
}

TEST_CASE("A restore ends what Hold asked for") {
    HoldTest t;
    t.hold(t.other.pid(), 500);
    t.daemon.kill9();
    const Outcome outcome =
        run_guardd({"--restore", "--runtime-dir", t.daemon.runtime_directory()});
    CHECK(outcome.status == 0);
    CHECK(outcome.output == "2 scores given back\n");
    CHECK(read_score(t.other.pid()) == kOriginal);
    t.daemon.start();
    CHECK(read_score(t.other.pid()) == kOriginal);
    CHECK_FALSE(t.client().process(t.other.pid()));
}

TEST_CASE("What Hold asked for ends with the process") {
    HoldTest t;
    const pid_t pid = t.other.pid();
    t.hold(pid, 500);
    CHECK(t.is_pinned(pid));
    t.other.kill();
    (void)t.client()->Rescan();
    CHECK_FALSE(t.client().process(pid));
    CHECK_FALSE(t.is_pinned(pid));
    CHECK(t.failure_of_release(HoldTest::bus_pid(pid))
              .starts_with(kError + "NoSuchProcess: no process with pid " + std::to_string(pid) +
                           ": "));
}

}  // namespace oomguard::test
