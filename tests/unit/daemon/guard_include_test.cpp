// SPDX-License-Identifier: MIT
#include <memory>

#include "family.hpp"
#include "support/catch.hpp"

// What becomes of the descendants of a held process whose rule includes them.
namespace oomguard::daemon {

TEST_CASE("With include all descendants are held, whenever they were forked") {
    Guarding t({job(Children::Include)});
    t.table.start(10, "train", 100);
    t.table.fork(10, 11).comm = "early";
    t.table.fork(11, 12).comm = "deep";
    CHECK(t.guard.sweep(t.now));
    t.table.fork(12, 13).comm = "late";
    t.guard.examine(13, t.now, 12);
    for (const Pid pid : {10, 11, 12, 13}) {
        CAPTURE(pid);
        CHECK(t.table.score(pid) == 500);
        CHECK(t.holding(pid).original == 100);
        CHECK(t.holding(pid).rule == "job");
    }
    t.set_rules({});
    CHECK(t.guard.sweep(t.now));
    for (const Pid pid : {10, 11, 12, 13})
        CHECK(t.table.score(pid) == 100);
    CHECK(t.guard.holdings().empty());
}

TEST_CASE("With include descendants stay held when those between, or the first, have ended") {
    Family t(Children::Include);
    t.forked(10, 11);
    t.forked(11, 12).parent = 1;
    t.table.end(11);
    t.guard.ended(11, t.now);
    SECTION("those between") {}
    SECTION("the first") {
        t.table.processes.at(12).parent = 1;
        t.table.end(10);
        t.guard.ended(10, t.now);
    }
    t.sweep();
    CHECK(t.table.score(12) == 500);
    CHECK(t.holds(12));
    // And theirs.
    t.forked(12, 13);
    CHECK(t.holds(13));

    SECTION("another value") {
        t.set_rules({job(Children::Include, 700)});
        t.sweep();
        CHECK(t.table.score(12) == 700);
        CHECK(t.table.score(13) == 700);
    }
    SECTION("no longer included") {
        t.set_rules({job(Children::Reset)});
        t.sweep();
        CHECK(t.table.score(12) == 100);
        CHECK(t.table.score(13) == 100);
    }
    SECTION("no rule") {
        t.set_rules({});
        t.sweep();
        CHECK(t.table.score(12) == 100);
        CHECK(t.table.score(13) == 100);
    }
}

TEST_CASE("With include a double fork whose middle was never seen is held") {
    Family t(Children::Include);
    t.fork(10, 11);
    t.fork(11, 12).parent = 1;
    t.table.end(11);
    SECTION("told by the kernel") {
        t.guard.examine(11, t.now, 10);
        t.guard.examine(12, t.now, 11);
    }
    SECTION("told by the kernel, and not yet waited for") {
        t.guard.set_forks_are_told(true);
        t.fork(10, 11).zombie = true;
        t.guard.examine(11, t.now, 10);
        t.guard.examine(12, t.now, 11);
    }
    SECTION("found by a sweep") {
        t.sweep();
    }
    CHECK(t.holds(12));
    CHECK(t.holding(12).original == 100);
}

TEST_CASE("With include a descendant is released when the first matches no more") {
    Family t(Children::Include);
    t.forked(10, 11);
    t.table.processes.at(10).comm = "shell";
    t.sweep();
    CHECK(t.table.score(10) == 100);
    CHECK(t.table.score(11) == 100);
    CHECK(t.guard.holdings().empty());
}

TEST_CASE("A rule of its own, and except, count for descendants") {
    Rule including = job(Children::Include);
    including.except = std::make_shared<const Criteria>(rule_of({.name = {glob("board")}}).match);
    Family t({rule("own", "viewer", exactly(300)), including});
    t.forked(10, 11, "viewer");
    t.forked(10, 12, "board");
    t.forked(10, 13);
    t.sweep();
    CHECK(t.table.score(11) == 300);
    CHECK(t.table.score(12) == 100);
    CHECK(t.table.score(13) == 500);
    // The nearest forebear that is held decides, and its rule resets.
    t.forked(11, 14);
    CHECK(t.table.score(14) == 100);
}

TEST_CASE("Descent outlives the daemon, also if the first has ended") {
    Family t(Children::Include);
    t.forked(10, 11).parent = 1;
    t.table.end(10);
    t.guard.ended(10, t.now);
    FakeWriter writer;
    writer.ledger = Ledger(t.writer.ledger);
    Guard next(t.table, writer, t.seen, kSelf);
    next.set_rules(std::make_shared<const RuleSet>(std::vector<Rule>{job(Children::Include)}));
    next.adopt(Ledger(writer.ledger));
    CHECK(next.sweep(t.now));
    CHECK(t.table.score(11) == 500);
    REQUIRE(next.holdings().contains(11));
    CHECK(next.holdings().at(11).original == 100);
    next.set_rules(std::make_shared<const RuleSet>());
    CHECK(next.sweep(t.now));
    CHECK(t.table.score(11) == 100);
}

TEST_CASE("A parent whose pid is higher than its child's is judged first") {
    Guarding t({job(Children::Include)});
    t.table.start(30, "train", 100);
    t.table.fork(30, 10).comm = "worker";
    t.table.fork(10, 5).comm = "worker";
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 500);
    t.set_rules({job(Children::Include, 700)});
    t.writer.take();
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 700);
    // Nobody was released in between.
    for (const auto& line : t.writer.take())
        CHECK(line.find("-> 700") != std::string::npos);
}

}  // namespace oomguard::daemon
