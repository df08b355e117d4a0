// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>

#include "guarding.hpp"
#include "support/catch.hpp"

// A cgroup with a memory.max in which every process is at -1000 hangs when it is full: the guard
// leaves one score between.
namespace oomguard::daemon {
namespace {

/// A guard with a rule for a process in a cgroup that has a memory limit.
struct Limited : Guarding {
    explicit Limited(Value value, int score = 0) : Guarding({rule("job", "train", value)}) {
        table.start(10, "train", score).memory_limited = true;
    }
    void set_limited(bool limited) { table.processes.at(10).memory_limited = limited; }
};

}  // namespace

TEST_CASE("A wish for -1000 is held at -999 under a memory limit, and at -1000 elsewhere") {
    Limited t(exactly(-1000));
    t.table.start(11, "train");
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == -999);
    CHECK(t.table.score(11) == -1000);
    CHECK(t.seen.take() == Lines{"held 10: 0 -> -999 by job", "held 11: 0 -> -1000 by job"});
    CHECK(t.holding(10).clipping == Clipping::MemoryLimit);
    CHECK(t.holding(11).clipping == Clipping::None);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.seen.take().empty());
    CHECK(t.guard.counters().written == 2);
}

TEST_CASE("A process that is at -1000 by itself under a memory limit is raised to -999") {
    Limited t({Value::Kind::AtMost, -500}, -1000);
    t.look(10);
    CHECK(t.writer.take() == Lines{"write 10: -1000 -> -999"});
    CHECK(t.seen.take() == Lines{"held 10: -1000 -> -999 by job"});
    SECTION("and set there again it is drift") {
        t.table.processes.at(10).score = -1000;
        t.look(10);
        CHECK(t.table.score(10) == -999);
        CHECK(t.seen.take() == Lines{"drifted 10: -1000 repaired"});
    }
    SECTION("and given it back when no rule means it") {
        t.set_rules({});
        t.look(10);
        CHECK(t.table.score(10) == -1000);
    }
}

TEST_CASE("A memory limit that is set or lifted later is found by the next look") {
    Limited t(exactly(-1000));
    t.set_limited(false);
    t.look(10);
    CHECK(t.table.score(10) == -1000);
    t.seen.take();

    t.set_limited(true);
    t.look(10);
    CHECK(t.table.score(10) == -999);
    CHECK(t.seen.take() == Lines{"held 10: 0 -> -999 by job"});

    t.set_limited(false);
    t.look(10);
    CHECK(t.table.score(10) == -1000);
    CHECK(t.seen.take() == Lines{"held 10: 0 -> -1000 by job"});
    CHECK(t.holding(10).clipping == Clipping::None);
    // Neither was anyone's but ours.
    CHECK(t.guard.counters().drifts_repaired == 0);
    t.set_rules({});
    t.look(10);
    CHECK(t.table.score(10) == 0);
}

TEST_CASE("That -999 is not what the rule wants is told, also where nothing has to be written") {
    Limited t(exactly(-999));
    t.look(10);
    CHECK(t.seen.take() == Lines{"held 10: 0 -> -999 by job"});
    CHECK(t.holding(10).clipping == Clipping::None);
    t.set_rules({rule("job", "train", exactly(-1000))});
    t.look(10);
    CHECK(t.seen.take() == Lines{"held 10: 0 -> -999 by job"});
    CHECK(t.holding(10).clipping == Clipping::MemoryLimit);
    CHECK(t.guard.counters().written == 1);
}

TEST_CASE("The memory limit is read only where -1000 is wanted, and at each look") {
    const auto reads_of = [](Guarding& t) {
        t.table.fields_read.clear();
        t.look(10);
        const auto& read = t.table.fields_read;
        return std::count(read.begin(), read.end(), Field::MemoryLimit);
    };
    Limited unkillable(exactly(-1000));
    CHECK(reads_of(unkillable) == 1);
    CHECK(reads_of(unkillable) == 1);
    Limited killable(exactly(-999));
    CHECK(reads_of(killable) == 0);
    Limited unmeant(Value{}, -1000);
    CHECK(reads_of(unmeant) == 0);
}

TEST_CASE("A process that ends while its memory limit is read is no failure") {
    Limited t(exactly(-1000));
    t.table.before = [&](Step step, Pid pid) {
        if (step == Step::Read)
            t.table.end(pid);
    };
    CHECK_FALSE(t.look(10));
    CHECK(t.seen.take().empty());
    CHECK(t.guard.holdings().empty());
}

}  // namespace oomguard::daemon
