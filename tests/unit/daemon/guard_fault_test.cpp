// SPDX-License-Identifier: MIT
#include <cerrno>

#include "guarding.hpp"
#include "support/catch.hpp"

// What can go wrong between finding a process and holding it, and who fights for its own value.
namespace oomguard::daemon {

TEST_CASE("A process that ends at any step of a look is no failure") {
    const auto step = GENERATE(Step::Open, Step::Read, Step::ReadScore, Step::WriteScore);
    Guarding t;
    Rule of_user = rule("job", "train", exactly(500));
    of_user.match.user = std::vector<Principal>{user(1000)};
    t.set_rules({of_user});
    t.table.start(10, "train");
    t.table.before = [&](Step at, Pid pid) {
        if (at == step)
            t.table.end(pid);
    };
    t.look(10);
    CHECK(t.seen.take().empty());
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
    CHECK(t.guard.counters().writes_refused == 0);
    CHECK(t.guard.counters().written == 0);
}

TEST_CASE("A held process that ends at any step is told as gone, once") {
    const auto step = GENERATE(Step::Open, Step::ReadScore, Step::WriteScore);
    const int number = GENERATE(ESRCH, ENOENT);
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    t.look(10);
    t.seen.take();
    t.table.processes.at(10).score = 3;
    t.table.faults[{step, 10}] = number;
    t.look(10);
    t.look(10);
    CHECK(t.seen.take().size() == 1);
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
    CHECK(t.guard.counters().writes_refused == 0);
}

TEST_CASE("A pid that passes to another process in the middle of a look is not written to") {
    const auto step = GENERATE(Step::ReadScore, Step::WriteScore);
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    bool done = false;
    t.table.before = [&](Step at, Pid pid) {
        if (at == step && !std::exchange(done, true))
            t.table.start(pid, "bystander", 7);
    };
    t.look(10);
    CHECK(t.table.score(10) == 7);
    CHECK(t.guard.holdings().empty());
}

TEST_CASE("A process that cannot be read is told, and still held if it was") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    t.look(10);
    t.seen.take();
    t.table.faults[{Step::Open, 10}] = EMFILE;
    CHECK(t.look(10));
    CHECK(t.seen.take() == Lines{"unreadable 10: step: Too many open files"});
    CHECK(t.holds(10));
    t.table.faults.clear();
    t.table.faults[{Step::ReadScore, 10}] = EINVAL;
    CHECK(t.look(10));
    CHECK(t.seen.take() == Lines{"unreadable 10: step: Invalid argument"});
    CHECK(t.holds(10));
}

TEST_CASE("A table that cannot be read is an error of the sweep and forgets nothing") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    CHECK(t.guard.sweep(t.now));
    t.table.list_fault = EMFILE;
    const auto swept = t.guard.sweep(t.now);
    REQUIRE_FALSE(swept);
    CHECK(swept.error().message() == "list /proc: Too many open files");
    CHECK(t.holds(10));
    CHECK(t.guard.counters().sweeps == 1);
    CHECK(t.guard.counters().processes == 1);
}

TEST_CASE("A refused write is counted, told once, and tried again at growing pauses") {
    Guarding t({rule("job", "train", exactly(-500))});
    t.table.start(10, "train", 100);
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    t.look(10);
    CHECK(t.seen.take() == Lines{"refused 10: -500 step: Permission denied"});
    CHECK(t.guard.counters().writes_refused == 1);
    CHECK(t.state(10) == "refused");
    CHECK(t.holding(10).last_error == "step: Permission denied");
    CHECK(t.holding(10).current == 100);
    CHECK_FALSE(t.holding(10).written);
    CHECK(t.writer.ledger.entries.empty());

    // An hour of looks, ten a second.
    constexpr int kLooks = 36'000;
    std::vector<Time> tries;
    for (int look = 0; look < kLooks; ++look) {
        t.now += std::chrono::milliseconds(100);
        t.writer.take();
        t.look(10);
        if (!t.writer.take().empty())
            tries.push_back(t.now);
    }
    CHECK(t.seen.take().empty());
    CHECK(t.guard.counters().writes_refused == tries.size() + 1);
    REQUIRE(tries.size() > Backoff::kFreeTries + 5);
    CHECK(tries.size() < 20);
    CHECK(tries[Backoff::kFreeTries] - tries[Backoff::kFreeTries - 1] >= Backoff::kFirstPause);
    CHECK(tries.back() - tries[tries.size() - 2] >= Backoff::kLongestPause);

    // Possible again: held at the next try, and another refusal would be news.
    t.table.faults.clear();
    t.now += Backoff::kLongestPause;
    t.look(10);
    CHECK(t.table.score(10) == -500);
    CHECK(t.state(10) == "held");
    CHECK(t.holding(10).last_error.empty());
    CHECK(t.seen.take() == Lines{"held 10: 100 -> -500 by job"});
}

TEST_CASE("Another reason of refusal is told too") {
    Guarding t({rule("job", "train", exactly(-500))});
    t.table.start(10, "train", 100);
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    t.look(10);
    t.table.faults[{Step::WriteScore, 10}] = EPERM;
    t.look(10);
    t.look(10);
    CHECK(t.seen.take() == Lines{"refused 10: -500 step: Permission denied",
                                 "refused 10: -500 step: Operation not permitted"});
}

TEST_CASE("A refused write waits for no pause once its rule wants another value") {
    Guarding t({rule("job", "train", exactly(-500))});
    t.table.start(10, "train", 100);
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    for (int look = 0; look < 20; ++look)
        t.look(10);
    t.table.faults.clear();
    t.set_rules({rule("job", "train", exactly(500))});
    t.look(10);
    CHECK(t.table.score(10) == 500);
}

TEST_CASE("A value that is refused stays what it was before, also on record") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.set_rules({rule("job", "train", exactly(-500))});
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    for (int look = 0; look < 20; ++look)
        t.look(10);
    CHECK(t.writer.ledger.entries.at(10).written == Written{100, 500});
    CHECK(t.holding(10).written == Written{100, 500});
    t.table.faults.clear();
    t.seen.take();
    SECTION("it comes back at once when the rule goes") {
        t.set_rules({});
        t.look(10);
        CHECK(t.table.score(10) == 100);
        CHECK(t.seen.take() == Lines{"released 10: unmatched at 100"});
    }
    SECTION("it comes back when the daemon stops") {
        t.guard.release_all(t.now);
        CHECK(t.table.score(10) == 100);
        CHECK(t.guard.holdings().empty());
    }
}

TEST_CASE("A release that is refused is counted, told once and tried again") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.set_rules({});
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    t.seen.take();
    for (int look = 0; look < 100; ++look)
        t.look(10);
    CHECK(t.seen.take() == Lines{"refused 10: 100 step: Permission denied"});
    CHECK(t.guard.counters().writes_refused == Backoff::kFreeTries + 1);
    CHECK(t.state(10) == "refused");
    CHECK(t.writer.ledger.entries.contains(10));
    t.guard.release_all(t.now);
    CHECK(t.holds(10));

    t.table.faults.clear();
    t.now += Backoff::kLongestPause;
    t.look(10);
    CHECK(t.table.score(10) == 100);
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
}

TEST_CASE("A value that someone else changed is put back and counted") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.seen.take();
    t.table.processes.at(10).score = 7;
    t.look(10);
    CHECK(t.table.score(10) == 500);
    CHECK(t.seen.take() == Lines{"drifted 10: 7 repaired"});
    CHECK(t.holding(10).drifts == 1);
    CHECK(t.guard.counters().drifts_repaired == 1);
    CHECK(t.state(10) == "held");
    // The original is still the one from before our first write.
    CHECK(t.holding(10).original == 100);
}

TEST_CASE("A program that keeps fighting is backed off from, told once, and repaired later") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.seen.take();
    const auto fight = [&] {
        t.table.processes.at(10).score = 7;
        t.look(10);
        return t.table.score(10) == 500;
    };
    unsigned repaired = 0;
    for (int round = 0; round < 100; ++round)
        repaired += fight() ? 1U : 0U;
    CHECK(repaired == Backoff::kFreeTries + 1);
    CHECK(t.holding(10).drifts == repaired);
    CHECK(t.state(10) == "drifting");
    CHECK(t.holding(10).current == 7);
    const Lines told = t.seen.take();
    REQUIRE(told.size() == repaired + 1);
    CHECK(told.back() == "drifted 10: 7 left");

    t.now += Backoff::kFirstPause;
    CHECK(fight());
    CHECK(t.state(10) == "held");
    CHECK(t.seen.take() == Lines{"drifted 10: 7 repaired"});
    CHECK_FALSE(fight());
    t.now += Backoff::kFirstPause;
    CHECK_FALSE(fight());
    t.now += Backoff::kFirstPause;
    CHECK(fight());
}

TEST_CASE("A fighter that gives in is held again") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    for (int round = 0; round < 10; ++round) {
        t.look(10);
        t.table.processes.at(10).score = 7;
    }
    t.look(10);
    REQUIRE(t.state(10) == "drifting");
    t.seen.take();
    t.table.processes.at(10).score = 500;
    t.look(10);
    CHECK(t.state(10) == "held");
    CHECK(t.seen.take() == Lines{"held 10: 0 -> 500 by job"});
}

TEST_CASE("Two deaths before a write, one after the other, lose nothing") {
    Guarding t;
    t.table.start(10, "train", 300);
    t.writer.ledger.hold(t.table.id(10), {100, 300});
    t.writer.ledger.hold(t.table.id(10), {100, 500});
    t.guard.adopt(Ledger(t.writer.ledger));
    // What it has is on record again, for the case that the next write does not come either.
    CHECK(t.writer.take() == Lines{"record 10: 100 -> 300"});
    CHECK(t.holding(10).written == Written{100, 300});
}

}  // namespace oomguard::daemon
