// SPDX-License-Identifier: MIT
#include <cerrno>

#include "guarding.hpp"
#include "support/catch.hpp"

// A score that was lowered with CAP_SYS_RESOURCE took the kernel's floor along: a process that is
// let go must not keep the right to lower itself as far.
namespace oomguard::daemon {

TEST_CASE("A floor that was lowered is given back with whatever score the process has then") {
    Guarding t({rule("job", "train", exactly(-500))});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    t.look(10);
    t.writer.lowers_floors = false;
    SECTION("its original") {
        t.set_rules({});
        t.writer.take();
        t.look(10);
        CHECK(t.writer.take() == Lines{"restore 10: 100 -> -500 floor to 100"});
    }
    SECTION("its original, after a rule that raised it") {
        t.set_rules({rule("job", "train", exactly(300))});
        t.look(10);
        t.set_rules({});
        t.writer.take();
        t.look(10);
        CHECK(t.writer.take() == Lines{"restore 10: 100 -> 300 floor to 100"});
    }
    SECTION("its original, which it has already by a rule") {
        t.set_rules({rule("job", "train", exactly(100))});
        t.look(10);
        t.set_rules({});
        t.writer.take();
        t.look(10);
        CHECK(t.writer.take() == Lines{"restore 10: 100 -> 100 floor to 100"});
    }
    SECTION("what someone else has set") {
        t.table.processes.at(10).score = 7;
        t.set_rules({});
        t.writer.take();
        t.look(10);
        CHECK(t.writer.take() == Lines{"restore 10: 100 -> -500 floor to 7"});
        CHECK(t.table.score(10) == 7);
    }
    SECTION("what someone else keeps setting, when the daemon stops") {
        for (int round = 0; round < 20; ++round) {
            t.table.processes.at(10).score = 7;
            t.look(10);
        }
        REQUIRE(t.state(10) == "drifting");
        t.writer.take();
        t.guard.release_all(t.now);
        CHECK(t.writer.take() == Lines{"restore 10: 100 -> -500 floor to 7"});
    }
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
}

TEST_CASE("A process that keeps the lowered score by a change of its own is given its original") {
    Guarding t({rule("job", "train", exactly(-900))});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.processes.at(10).score = -899;
    t.writer.take();
    t.seen.take();
    SECTION("when its rule goes") {
        t.set_rules({});
        t.look(10);
        CHECK(t.seen.take() == Lines{"released 10: unmatched at 100"});
    }
    SECTION("when the daemon stops") {
        t.guard.release_all(t.now);
        CHECK(t.seen.take() == Lines{"released 10: stop at 100"});
    }
    SECTION("by the next daemon") {
        Guard next(t.table, t.writer, t.seen, kSelf);
        next.adopt(Ledger(t.writer.ledger));
        CHECK(next.sweep(t.now));
        CHECK(t.seen.take() == Lines{"released 10: unmatched at 100, no rule"});
    }
    SECTION("by --restore") {
        Guard next(t.table, t.writer, t.seen, kSelf);
        next.adopt(Ledger(t.writer.ledger));
        next.release_all(t.now);
        CHECK(t.seen.take() == Lines{"released 10: stop at 100, no rule"});
    }
    CHECK(t.writer.take() == Lines{"restore 10: 100 -> -900 floor to 100"});
    CHECK(t.table.score(10) == 100);
}

TEST_CASE("Of a score that could not be given back the present one is told") {
    Guarding t({rule("job", "train", exactly(-900))});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.processes.at(10).score = -899;
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    t.set_rules({});
    t.look(10);
    CHECK(t.holding(10).current == -899);
}

TEST_CASE("A child that inherited a lowered floor is given back both") {
    Guarding t({rule("job", "train", exactly(-500))});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.fork(10, 11);
    t.writer.take();
    t.look(11);
    CHECK(t.writer.take() == Lines{"record 11: 100 -> -500 floor"});
    t.set_rules({});
    t.look(11);
    CHECK(t.writer.take() ==
          Lines{"restore 10: 100 -> -500 floor to 100", "restore 11: 100 -> -500 floor to 100"});
}

TEST_CASE("A child that changed its score before it was seen keeps nothing of its parent's floor") {
    Guarding t({rule("own", "helper", exactly(-300)), rule("job", "train", exactly(-900))});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    CHECK(t.guard.sweep(t.now));
    FakeProcess& child = t.table.fork(10, 11);
    child.comm = "worker";
    t.writer.take();
    const auto find = [&] {
        SECTION("told by the kernel") {
            t.guard.examine(11, t.now, 10);
        }
        SECTION("found by a sweep") {
            CHECK(t.guard.sweep(t.now));
        }
    };
    SECTION("a score that only the floor lets it set") {
        child.score = -499;
        find();
        CHECK(t.writer.take() == Lines{"restore 11: 100 -> -499 floor to 100"});
    }
    SECTION("a score of its own") {
        child.score = 0;
        find();
        CHECK(t.writer.take() == Lines{"restore 11: 0 -> 0 floor to 0"});
    }
    SECTION("a rule means the child itself") {
        child.comm = "helper";
        child.score = -899;
        find();
        CHECK(t.writer.take() == Lines{"write 11: 100 -> -300 floor"});
    }
}

TEST_CASE("A score below its held parent's original is a process's own if it may be older") {
    Guarding t({rule("job", "train", exactly(-900))});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    t.table.fork(10, 11).comm = "worker";
    t.table.processes.at(11).score = -499;
    SECTION("there before the daemon") {
        CHECK(t.guard.sweep(t.now));
    }
    SECTION("seen before the rule") {
        t.set_rules({});
        CHECK(t.guard.sweep(t.now));
        t.set_rules({rule("job", "train", exactly(-900))});
    }
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == -900);
    CHECK(t.table.score(11) == -499);
}

TEST_CASE("A floor that is on record is given back by the next daemon") {
    Guarding t;
    t.table.start(10, "train", 100);
    t.writer.ledger.hold(t.table.id(10), {100, 100, true});
    t.guard.adopt(Ledger(t.writer.ledger));
    CHECK(t.guard.sweep(t.now));
    CHECK(t.writer.take() == Lines{"restore 10: 100 -> 100 floor to 100"});
    CHECK(t.writer.ledger.entries.empty());
}

}  // namespace oomguard::daemon
