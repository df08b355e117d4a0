// SPDX-License-Identifier: MIT
#include <cerrno>

#include "family.hpp"
#include "support/catch.hpp"

// What becomes of the descendants of a held process, where no rule means them: those that are
// reset or left to the kernel.
namespace oomguard::daemon {

TEST_CASE("With reset a child gets what its parent had before the rule, and is not held") {
    Family t(Children::Reset);
    t.forked(10, 11);
    CHECK(t.table.score(11) == 100);
    CHECK(t.writer.take() == Lines{"restore 11: 100 -> 500 to 100"});
    CHECK(t.seen.take() == Lines{"released 11: inherited at 100, no rule"});
    CHECK_FALSE(t.holds(11));
    CHECK(t.table.score(10) == 500);
}

TEST_CASE("With reset a lowered floor is given back too") {
    Guarding t({job(Children::Reset, -500)});
    t.writer.lowers_floors = true;
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.fork(10, 11).comm = "worker";
    t.writer.take();
    t.look(11);
    CHECK(t.writer.take() == Lines{"restore 11: 100 -> -500 floor to 100"});
}

TEST_CASE("With reset an orphan is found though a sweep finds first that its parent has ended") {
    Family t(Children::Reset);
    t.guard.set_forks_are_told(true);
    const auto orphan = [&] {
        t.fork(10, 11).parent = 1;
        t.table.end(10);
    };
    SECTION("its fork is told once the sweep has its list") {
        orphan();
        REQUIRE(t.guard.sweep(t.now, [&] { t.guard.examine(11, t.now, 10); }));
    }
    SECTION("it was forked after the list was made, and is told after the sweep") {
        REQUIRE(t.guard.sweep(t.now, orphan));
        CHECK(t.table.score(11) == 500);
        t.guard.examine(11, t.now, 10);
    }
    CHECK(t.table.score(11) == 100);
}

TEST_CASE("With reset what is a child's own stays") {
    Family t(Children::Reset);
    SECTION("another score") {
        t.fork(10, 11).score = 300;
        t.sweep();
        CHECK(t.table.score(11) == 300);
    }
    SECTION("the same score, set later") {
        t.forked(10, 11).score = 500;
        t.sweep();
        CHECK(t.table.score(11) == 500);
    }
    SECTION("a rule that leaves it alone") {
        t.set_rules({job(Children::Reset), rule("leave", "worker", Value{})});
        t.sweep();
        t.forked(10, 11);
        CHECK(t.table.score(11) == 500);
    }
    SECTION("the score it was born with, before the rule") {
        t.set_rules({});
        t.sweep();
        t.fork(10, 11);
        t.set_rules({job(Children::Reset, 100)});
        t.sweep();
        CHECK(t.table.score(11) == 100);
    }
    CHECK_FALSE(t.holds(11));
}

TEST_CASE("With reset a grandchild that was forked before its parent was reset is reset too") {
    Family t(Children::Reset);
    SECTION("found by sweeps") {
        t.fork(10, 11);
        t.fork(11, 12);
        t.sweep();
    }
    SECTION("told by the kernel") {
        t.fork(10, 11);
        t.fork(11, 12);
        t.guard.examine(11, t.now, 10);
        t.guard.examine(12, t.now, 11);
    }
    SECTION("told by the kernel, its parent has ended since") {
        t.fork(10, 11);
        t.fork(11, 12).parent = 1;
        t.table.end(11);
        t.guard.examine(11, t.now, 10);
        t.guard.examine(12, t.now, 11);
        t.guard.ended(11, t.now);
    }
    SECTION("found by sweeps, its parent had ended before") {
        t.fork(10, 11);
        t.fork(11, 12).parent = 1;
        t.table.end(11);
        t.sweep();
    }
    SECTION("found by sweeps, both had ended before") {
        t.fork(10, 11);
        t.fork(11, 12).parent = 1;
        t.table.end(11);
        t.table.end(10);
        t.sweep();
    }
    CHECK(t.table.score(12) == 100);
    CHECK_FALSE(t.holds(12));
}

TEST_CASE("An orphan that was first seen before it executed something else is a descendant") {
    const auto children = GENERATE(Children::Reset, Children::Include);
    Family t(children);
    t.fork(10, 11, "train");
    t.fork(11, 12, "train").parent = 1;
    t.table.end(11);
    t.sweep();
    CHECK(t.holding(12).original == 100);
    t.table.processes.at(12).comm = "worker";
    t.sweep();
    CHECK(t.table.score(12) == (children == Children::Include ? 500 : 100));
    CHECK(t.holds(12) == (children == Children::Include));
}

TEST_CASE("A parent that was never seen is looked at before its child") {
    Family t(Children::Reset);
    t.fork(10, 11, "train");
    t.fork(11, 12, "train");
    t.look(12);
    CHECK(t.holding(11).original == 100);
    CHECK(t.holding(12).original == 100);
}

TEST_CASE("An orphan of another cgroup, or whose parent has its score, is nobody's descendant") {
    Family t(Children::Reset);
    SECTION("another cgroup") {
        t.table.start(12, "other", 500).cgroup = "/elsewhere";
    }
    SECTION("the parent has the same score") {
        t.table.start(11, "other", 0);
        t.look(11);
        t.table.processes.at(11).score = 500;
        t.table.fork(11, 12);
    }
    SECTION("the parent is also that of the held process") {
        t.table.start(9, "shell");
        t.table.processes.at(10).parent = 9;
        t.sweep();
        t.table.start(12, "other", 500).parent = 9;
    }
    SECTION("its parent is not above the held process") {
        t.table.start(8, "other shell");
        t.table.start(9, "shell");
        t.table.processes.at(10).parent = 9;
        t.sweep();
        t.table.start(12, "other", 500).parent = 8;
    }
    SECTION("every fork is told") {
        t.guard.set_forks_are_told(true);
        t.table.start(12, "other", 500);
    }
    SECTION("it is older") {
        t.table.start(12, "other", 500).start_time = 1;
    }
    SECTION("it was there before the daemon") {
        Guarding other({job(Children::Reset)});
        other.table.start(10, "train", 100);
        other.look(10);
        other.table.start(12, "other", 500);
        CHECK(other.guard.sweep(other.now));
        CHECK(other.table.score(12) == 500);
        return;
    }
    t.sweep();
    CHECK(t.table.score(12) == 500);
}

TEST_CASE("Children that were forked before the value changed are reset all the same") {
    Family t(Children::Reset);
    t.fork(10, 11);
    SECTION("another value") {
        t.set_rules({job(Children::Reset, 700)});
    }
    SECTION("no rule") {
        t.set_rules({});
    }
    t.look(10);
    t.look(11);
    CHECK(t.table.score(11) == 100);
}

TEST_CASE("A child of one that has the pid of a held process inherits nothing of that") {
    const auto children = GENERATE(Children::Reset, Children::Include);
    Family t(children);
    t.table.end(10);
    t.table.start(10, "other", 500);
    t.fork(10, 11);
    SECTION("told by the kernel") {
        t.guard.examine(11, t.now, 10);
    }
    SECTION("found by a look") {
        t.look(11);
    }
    SECTION("found by a look, after one at its parent") {
        t.look(10);
        t.look(11);
    }
    SECTION("its own child is told first") {
        t.fork(11, 12);
        t.guard.examine(12, t.now, 11);
        CHECK_FALSE(t.holds(12));
    }
    CHECK_FALSE(t.holds(11));
    CHECK(t.table.score(11) == 500);
    t.sweep();
    t.sweep();
    CHECK_FALSE(t.holds(11));
    CHECK(t.table.score(11) == 500);
}

TEST_CASE("A child of one that has the pid of a held process, and is held too, is that one's") {
    Family t(Children::Include);
    t.table.end(10);
    t.table.start(10, "train", 7);
    t.fork(10, 11);
    t.guard.examine(11, t.now, 10);
    CHECK(t.holding(10).original == 7);
    CHECK(t.holding(11).descent == Descent{t.table.id(10), "job"});
    CHECK(t.seen.take() == Lines{"released 10: gone at 500", "held 10: 7 -> 500 by job",
                                 "held 11: 7 -> 500 by job"});
}

TEST_CASE("A child that is older than who has its parent's pid now is the earlier one's") {
    Family t(Children::Reset);
    t.fork(10, 11).parent = 1;
    t.table.end(10);
    t.table.start(10, "other", 0);
    SECTION("its parent's end is not known") {}
    SECTION("its parent's end is known") {
        t.look(10);
    }
    t.guard.examine(11, t.now, 10);
    CHECK(t.table.score(11) == 100);
}

TEST_CASE("A reset that the kernel refuses is told, and tried again") {
    Family t(Children::Reset);
    t.fork(10, 11);
    t.table.faults[{Step::WriteScore, 11}] = EACCES;
    t.guard.examine(11, t.now, 10);
    CHECK(t.seen.take() == Lines{"refused 11: 100 step: Permission denied"});
    CHECK(t.state(11) == "refused");
    // On record, so that the next daemon knows.
    CHECK(t.writer.ledger.entries.at(11).written == Written{100, 500});
    t.table.faults.clear();
    t.sweep();
    CHECK(t.table.score(11) == 100);
    CHECK_FALSE(t.holds(11));
}

TEST_CASE("With inherit children are left to the kernel, also orphans") {
    Family t(Children::Inherit);
    t.forked(10, 11);
    t.fork(11, 12).parent = 1;
    t.sweep();
    CHECK(t.writer.take().empty());
    CHECK(t.table.score(11) == 500);
    CHECK(t.table.score(12) == 500);
    CHECK_FALSE(t.holds(11));
}

TEST_CASE("A child that shares its parent's memory shares its score, and both keep it") {
    Family t(Children::Reset);
    t.fork(10, 11);
    // As the kernel does: a write to one is a write to the other.
    t.table.before = [&t](Step step, Pid pid) {
        if (step == Step::ReadScore && pid == 10)
            t.table.processes.at(10).score = t.table.processes.at(11).score;
    };
    t.guard.examine(11, t.now, 10);
    t.table.before = [](Step, Pid) {};
    CHECK(t.writer.take() == Lines{"restore 11: 100 -> 500 to 100", "write 10: 100 -> 500"});
    CHECK(t.table.score(10) == 500);
    CHECK(t.seen.take() == Lines{"released 11: inherited at 100, no rule"});
}

TEST_CASE("In a dry run nothing is reset") {
    Guarding t({job(Children::Reset)});
    t.guard.set_options({.dry_run = true, .exempt_cgroups = {}});
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.fork(10, 11).comm = "worker";
    t.look(11);
    CHECK(t.writer.take().empty());
}

}  // namespace oomguard::daemon
