// SPDX-License-Identifier: MIT
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

    /// Starts the program that the rule means. It obeys the command so long after its start.
    pid_t start(int milliseconds, const std::vector<std::string>& command) {
        std::vector<std::string> words = {"spawn", programs.add(name), "after",
                                          std::to_string(milliseconds)};
        words.insert(words.end(), command.begin(), command.end());
        return starter.tell(words);
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

    void check_no_sweep() { CHECK(daemon.client()->Sweeps() == sweeps); }

    /// The next value of the process's own that was put back.
    std::optional<Signal> repair(pid_t pid) {
        auto told = daemon.client().wait_for("ScoreDrifted", pid);
        daemon.client().forget_signals();
        return told;
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject starter = programs.start(programs.unique_name());
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
    const pid_t pid = t.start(delay, {"score", std::to_string(kOwnScore)});
    // A late daemon may find it with its own score at the first look.
    CHECK(t.daemon.client().wait_for([&](const Signal& signal) {
        return signal.pid == pid &&
               ((signal.name == "ScoreDrifted" && signal.found == kOwnScore) ||
                (signal.name == "ProcessHeld" && signal.original == kOwnScore));
    }));
    t.check_held(pid);
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
    const pid_t pid = t.start(delay, {"cgroup", cgroup->path()});
    CHECK(t.daemon.client().wait_for("ProcessHeld", pid));
    t.check_held(pid);
}

TEST_CASE("News of a process is followed by two looks at it, and no third") {
    WithoutSweeps t("proc-connector");
    if (!t.is_ready)
        return;
    SECTION("what is changed before each of the two is put back") {
        const Subject subject = start_resisting(t, 2);
        for (int look = 0; look < 2; ++look) {
            const auto repair = t.repair(subject.pid());
            REQUIRE(repair);
            CHECK(repair->found == kOwnScore);
            CHECK(repair->repaired);
        }
        t.check_held(subject.pid());
    }
    SECTION("what is changed after them is for the sweep") {
        const Subject subject = start_resisting(t, 3);
        REQUIRE(t.repair(subject.pid()));
        REQUIRE(t.repair(subject.pid()));
        REQUIRE(comes_to(subject.pid(), kOwnScore));
        // News of another process is news of that one only.
        const Subject other = t.programs.start(t.name);
        CHECK(comes_to(other.pid(), kHeld));
        CHECK(read_score(subject.pid()) == kOwnScore);
        t.check_no_sweep();

        (void)t.daemon.client()->Rescan();
        ++t.sweeps;
        t.check_held(subject.pid());
    }
}

}  // namespace oomguard::test
