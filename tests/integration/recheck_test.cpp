// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string>

#include "rules.hpp"
#include "sources.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

// A process is looked at again 100 ms and 2 s after news of it, for what it does then without any
// more news. Nothing here is found by a sweep.
namespace oomguard::test {
namespace {

constexpr int kHeld = 321;
constexpr int kOwnScore = 77;

/// A daemon without sweeps that has no news but of one source, and a rule for one program.
struct WithoutSweeps {
    explicit WithoutSweeps(const std::string& source, const std::string& match = {}) {
        daemon.write_settings(
            sources(source == "proc-connector", false, source == "exec-doorbell", false));
        daemon.write_rules("10-test.yaml",
                           rule_file({rule("test", named(name, match), std::to_string(kHeld))}));
        daemon.start();
        is_ready = works(daemon, source);
        sweeps = daemon.client()->Sweeps();
    }

    /// The process is held now, and no sweep has had a part in it.
    void check_held(pid_t pid) {
        CHECK(comes_to(pid, kHeld));
        const auto listed = daemon.client().process(pid);
        REQUIRE(listed);
        CHECK(listed->rule == "test");
        CHECK(listed->current == kHeld);
        CHECK(listed->state == "held");
        check_no_sweep();
    }

    void check_no_sweep() {
        const auto now = daemon.client()->Sweeps();
        if (!has_lost_events())
            CHECK(now == sweeps);
    }

    /// Then there have been sweeps: other programs had the machine do more than it could.
    bool has_lost_events() {
        const bool is_lost = daemon.client()->Overruns() > 0;
        if (is_lost)
            WARN("not shown: events were lost");
        return is_lost;
    }

    /// The next value of the process's own is put back.
    void check_repaired(pid_t pid) {
        const auto told = daemon.client().wait_for("ScoreDrifted", pid);
        REQUIRE(told);
        CHECK(told->rule == "test");
        CHECK(told->wanted == kHeld);
        CHECK(told->found == kOwnScore);
        CHECK(told->repaired);
        daemon.client().forget_signals();
    }

    Programs programs;
    std::string name = programs.unique_name();
    GuardDaemon daemon;
    bool is_ready = false;
    std::uint64_t sweeps = 0;
};

/// A program that matches from the time it changes its name on, and sets its own score as soon as
/// that is changed, `times` times. Returns once it has come to be held.
Subject start_resisting(WithoutSweeps& t, int times) {
    Subject subject = t.programs.start(t.programs.unique_name());
    subject.tell({"resist", std::to_string(kOwnScore), std::to_string(times)});
    subject.tell({"rename", t.name});
    const auto held = t.daemon.client().wait_for("ProcessHeld", subject.pid());
    REQUIRE(held);
    CHECK(held->original == 0);
    return subject;
}

}  // namespace

TEST_CASE("A score of its own that a program sets after its start is put back without a sweep") {
    const auto* const source = GENERATE("proc-connector", "exec-doorbell");
    WithoutSweeps t(source);
    if (!t.is_ready)
        return;
    const int delay = GENERATE(30, 1000);
    CAPTURE(source, delay);
    Subject subject = t.programs.start(t.name);
    REQUIRE(t.daemon.client().wait_for("ProcessHeld", subject.pid()));
    subject.tell({"after", std::to_string(delay), "score", std::to_string(kOwnScore)});
    t.check_repaired(subject.pid());
    t.check_held(subject.pid());
}

TEST_CASE("A program that moves to another cgroup after its start is held without a sweep") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    WithoutSweeps t("proc-connector", "cgroup: " + cgroup->patterns());
    if (!t.is_ready)
        return;
    const int delay = GENERATE(30, 1000);
    CAPTURE(delay);
    Subject subject = t.programs.start(t.name);
    subject.tell({"after", std::to_string(delay), "cgroup", cgroup->path()});
    REQUIRE(t.daemon.client().wait_for("ProcessHeld", subject.pid()));
    t.check_held(subject.pid());
}

TEST_CASE("News of a process is followed by two looks at it, and no third") {
    WithoutSweeps t("proc-connector");
    if (!t.is_ready)
        return;
    SECTION("what is changed before each of the two is put back") {
        const Subject subject = start_resisting(t, 2);
        t.check_repaired(subject.pid());
        t.check_repaired(subject.pid());
        t.check_held(subject.pid());
    }
    SECTION("what is changed after them is for the sweep") {
        const Subject subject = start_resisting(t, 3);
        t.check_repaired(subject.pid());
        t.check_repaired(subject.pid());
        const bool is_changed = comes_to(subject.pid(), kOwnScore);
        // News of another process is news of that one only.
        const Subject other = t.programs.start(t.name);
        CHECK(comes_to(other.pid(), kHeld));
        const auto score = read_score(subject.pid());
        t.check_no_sweep();
        if (t.has_lost_events())
            return;
        CHECK(is_changed);
        CHECK(score == kOwnScore);

        (void)t.daemon.client()->Rescan();
        ++t.sweeps;
        t.check_held(subject.pid());
    }
}

}  // namespace oomguard::test
