// SPDX-License-Identifier: MIT
#include <cerrno>

#include "pinning.hpp"

// How long a pin lasts, and what becomes of children.
namespace oomguard::daemon {
TEST_CASE("A pin ends with its process, and with its pid") {
    Pinning t;
    CHECK(t.pin(10, 300) == std::nullopt);
    SECTION("told by the kernel") {
        t.table.end(10);
        t.guard.ended(10, t.now);
    }
    SECTION("found by a sweep") {
        t.table.end(10);
        t.sweep();
    }
    SECTION("a zombie") {
        t.table.processes.at(10).zombie = true;
        t.look(10);
    }
    SECTION("its pid is used again") {
        t.table.start(10, "other", 7);
        t.look(10);
        CHECK(t.table.score(10) == 7);
    }
    SECTION("its pid is used again, and pinned again") {
        t.table.start(10, "other", 7);
        CHECK(t.pin(10, 200) == std::nullopt);
        CHECK(t.holding(10).original == 7);
        CHECK(t.unpin(10) == std::nullopt);
    }
    SECTION("its pid is used again, and not pinned") {
        t.table.start(10, "other", 7);
        CHECK(t.unpin(10) == Reason::NotPinned);
    }
    CHECK_FALSE(t.is_pinned(10));
    CHECK_FALSE(t.is_on_record(10));
}

TEST_CASE("A pin without effect, in an exempt cgroup, ends with its process too") {
    Pinning t;
    CHECK(t.pin(10, 300) == std::nullopt);
    t.guard.set_options({.exempt_cgroups = {path_glob("/kubepods/**")}});
    t.table.processes.at(10).cgroup = "/kubepods/x";
    t.sweep();
    CHECK(t.table.score(10) == 100);
    CHECK_FALSE(t.holds(10));
    CHECK(t.is_pinned(10));
    SECTION("moved back it is held") {
        t.table.processes.at(10).cgroup = "/";
        t.sweep();
        CHECK(t.table.score(10) == 300);
        return;
    }
    SECTION("told by the kernel") {
        t.table.end(10);
        t.guard.ended(10, t.now);
    }
    SECTION("found by a sweep") {
        t.table.end(10);
        t.sweep();
    }
    CHECK_FALSE(t.is_pinned(10));
    CHECK_FALSE(t.is_on_record(10));
}

TEST_CASE("Other rules leave a pin in force") {
    Pinning t;
    CHECK(t.pin(10, 300) == std::nullopt);
    t.seen.take();
    t.set_rules({rule("all", "*", exactly(700))});
    t.sweep();
    CHECK(t.table.score(10) == 300);
    CHECK(t.seen.take().empty());
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{0});
    CHECK(t.unpin(10) == std::nullopt);
    CHECK(t.table.score(10) == 700);
}

TEST_CASE("There is a limit to pins, which those that are there may be replaced under") {
    Pinning t(kNoRules);
    for (Pid pid = 100; pid < 100 + static_cast<Pid>(Pins::kMost); ++pid) {
        t.table.start(pid, "many");
        REQUIRE(t.pin(pid, 300) == std::nullopt);
    }
    CHECK(t.pin(10, 300) == Reason::TooManyPins);
    CHECK(t.table.score(10) == 100);
    CHECK(t.pin(100, 200) == std::nullopt);
    CHECK(t.unpin(101) == std::nullopt);
    CHECK(t.pin(10, 300) == std::nullopt);
}

TEST_CASE("Where no more may be held, nothing more is pinned") {
    Pinning t;
    t.guard.set_options({.exempt_cgroups = {}, .most_holdings = 1});
    t.table.start(20, "other");
    CHECK(t.pin(20, 300) == Reason::TooManyHoldings);
    CHECK_FALSE(t.is_pinned(20));
    CHECK(t.guard.counters().over_limit == 0);
    CHECK(t.pin(10, 300) == std::nullopt);
}

TEST_CASE("The children of a pinned process have its original") {
    Pinning t(kNoRules);
    CHECK(t.pin(10, 300) == std::nullopt);
    t.forked(10, 11);
    CHECK(t.table.score(11) == 100);
    CHECK_FALSE(t.holds(11));
}

TEST_CASE("A child that still has its parent's value has the parent's original after a pin too") {
    Pinning t;
    t.fork(10, 11);
    SECTION("refused") {
        t.table.faults[{Step::WriteScore, 11}] = EACCES;
        CHECK(t.pin(11, -500) == Reason::Refused);
        t.table.faults.clear();
        t.now += Backoff::kLongestPause;
    }
    SECTION("in a dry run") {
        t.guard.set_options({.dry_run = true, .exempt_cgroups = {}});
        CHECK(t.pin(11, -500) == std::nullopt);
        CHECK(t.unpin(11) == std::nullopt);
        CHECK(t.table.score(11) == 500);
        t.guard.set_options({});
    }
    t.sweep();
    CHECK(t.table.score(11) == 100);
    CHECK_FALSE(t.holds(11));
}

TEST_CASE("A pinned tree is held, and given back when its pin or its root ends") {
    Pinning t(kNoRules);
    t.fork(10, 11);
    t.fork(11, 12);
    t.pin_tree(10, 300);
    t.forked(12, 13).parent = 1;
    for (const Pid pid : {10, 11, 12, 13}) {
        CAPTURE(pid);
        CHECK(t.table.score(pid) == 300);
        CHECK(t.holding(pid).rule == "hold 10");
        CHECK(t.holding(pid).original == 100);
    }
    SECTION("released") {
        CHECK(t.unpin(10) == std::nullopt);
        t.sweep();
        CHECK(t.table.score(10) == 100);
    }
    SECTION("replaced by a pin of the root alone") {
        CHECK(t.pin(10, 300) == std::nullopt);
        t.sweep();
        CHECK(t.table.score(10) == 300);
    }
    SECTION("the root has ended, told by the kernel") {
        t.table.end(10);
        t.table.processes.at(11).parent = 1;
        t.guard.ended(10, t.now);
    }
    SECTION("the root has ended, found by one sweep") {
        t.table.end(10);
        t.table.processes.at(11).parent = 1;
        t.sweep();
    }
    SECTION("the pid of the root is used again") {
        t.table.start(10, "other", 7);
        t.table.processes.at(11).parent = 1;
        t.look(10);
        CHECK(t.table.score(10) == 7);
    }
    SECTION("the root has ended, and a rule has the name of its pin") {
        Rule including = rule("hold 10", "none", exactly(300));
        including.children = Children::Include;
        t.set_rules({including});
        t.table.end(10);
        t.table.processes.at(11).parent = 1;
        t.guard.ended(10, t.now);
    }
    for (const Pid pid : {11, 12, 13}) {
        CAPTURE(pid);
        CHECK(t.table.score(pid) == 100);
        CHECK_FALSE(t.holds(pid));
        CHECK_FALSE(t.writer.ledger.entries.contains(pid));
    }
}

TEST_CASE("A tree within what a rule includes goes back to that rule when its root ends") {
    Pinning t({job(Children::Include)});
    t.forked(10, 11);
    t.forked(11, 12);
    t.pin_tree(11, 300);
    CHECK(t.table.score(12) == 300);
    SECTION("its root ends") {
        t.table.end(11);
        t.table.processes.at(12).parent = 1;
        t.guard.ended(11, t.now);
    }
    SECTION("its pin ends") {
        CHECK(t.unpin(11) == std::nullopt);
        t.sweep();
        CHECK(t.table.score(11) == 500);
    }
    CHECK(t.table.score(12) == 500);
    CHECK(t.holding(12).rule == "job");
    CHECK(t.holding(12).original == 100);
}

TEST_CASE("A child that kept its parent's value, and was pinned, has its original afterwards") {
    Family family(Children::Inherit);
    family.forked(10, 11);
    family.sweep();
    CHECK(family.guard.pin(11, 300, Children::Reset, family.now) == std::nullopt);
    CHECK(family.guard.unpin(11, family.now) == std::nullopt);
    CHECK(family.table.score(11) != 300);
}

TEST_CASE("Pins outlive the daemon, but not their processes") {
    Pinning t(kNoRules);
    t.fork(10, 11);
    t.pin_tree(10, 300);
    t.table.start(20, "ended");
    CHECK(t.pin(20, 300) == std::nullopt);
    t.table.start(21, "other", 200);
    // Has the value of its own: its original is not on record, its pin is.
    CHECK(t.pin(21, 200) == std::nullopt);
    t.table.start(22, "reused");
    CHECK(t.pin(22, 300) == std::nullopt);
    t.table.end(20);
    t.table.start(22, "another", 9);
    FakeWriter writer;
    writer.ledger = Ledger(t.writer.ledger);
    Guard next(t.table, writer, t.seen, kSelf);
    next.adopt(Ledger(writer.ledger));
    CHECK(writer.ledger.pins.size() == 2);
    CHECK(next.sweep(t.now));
    for (const Pid pid : {10, 11}) {
        CAPTURE(pid);
        CHECK(t.table.score(pid) == 300);
        REQUIRE(next.holdings().contains(pid));
        CHECK(next.holdings().at(pid).rule == "hold 10");
    }
    REQUIRE(next.holdings().contains(21));
    CHECK(next.holdings().at(21).rule == "hold 21");
    CHECK(t.table.score(22) == 9);
    CHECK(next.unpin(10, t.now) == std::nullopt);
    CHECK(next.unpin(21, t.now) == std::nullopt);
    CHECK(next.sweep(t.now));
    CHECK(t.table.score(10) == 100);
    CHECK(t.table.score(11) == 100);
    CHECK(t.table.score(21) == 200);
}

TEST_CASE("A stop that gives back leaves the pins, and only unpin_all ends them") {
    Pinning t(kNoRules);
    CHECK(t.pin(10, 300) == std::nullopt);
    t.guard.release_all(t.now);
    CHECK(t.table.score(10) == 100);
    CHECK(t.is_on_record(10));
    t.guard.unpin_all();
    CHECK_FALSE(t.is_on_record(10));
    CHECK_FALSE(t.is_pinned(10));
}

TEST_CASE("An original that the kernel does not let be given back is told, and tried again") {
    Pinning t(kNoRules);
    CHECK(t.pin(10, 300) == std::nullopt);
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    const auto failure = t.guard.unpin(10, t.now);
    REQUIRE(failure);
    CHECK(failure->reason == Reason::Refused);
    CHECK(failure->refused->rule.empty());
    CHECK(failure->refused->wanted == 100);
    CHECK_FALSE(t.is_pinned(10));
    t.table.faults.clear();
    t.sweep();
    CHECK(t.table.score(10) == 100);
}

}  // namespace oomguard::daemon
