// SPDX-License-Identifier: MIT
#include "guarding.hpp"
#include "support/catch.hpp"

// What the guard does when its rules or options change, and when it takes over from another.
namespace oomguard::daemon {

TEST_CASE("A dry run writes nothing and tells once of each value") {
    Guarding t({rule("job", "train", exactly(500))});
    t.guard.set_options({.dry_run = true, .exempt_cgroups = {}});
    t.table.start(10, "train", 100);
    t.look(10);
    t.look(10);
    CHECK(t.seen.take() == Lines{"dry run 10: 100 -> 500"});
    CHECK(t.state(10) == "dry-run");
    t.set_rules({rule("job", "train", exactly(600))});
    t.look(10);
    CHECK(t.seen.take() == Lines{"dry run 10: 100 -> 600"});
    t.guard.release_all(t.now);
    CHECK(t.writer.take().empty());
    CHECK(t.table.score(10) == 100);
    CHECK(t.guard.counters().written == 0);
}

TEST_CASE("Switching a dry run off holds what it only told of") {
    Guarding t({rule("job", "train", exactly(500))});
    t.guard.set_options({.dry_run = true, .exempt_cgroups = {}});
    t.table.start(10, "train", 100);
    t.look(10);
    t.seen.take();
    t.guard.set_options({});
    t.look(10);
    CHECK(t.table.score(10) == 500);
    CHECK(t.state(10) == "held");
    CHECK(t.seen.take() == Lines{"held 10: 100 -> 500 by job"});
}

TEST_CASE("A dry run does not release either, and switching it off does") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.writer.take();
    t.guard.set_options({.dry_run = true, .exempt_cgroups = {}});
    t.set_rules({});
    t.look(10);
    t.guard.release_all(t.now);
    CHECK(t.writer.take().empty());
    CHECK(t.table.score(10) == 500);
    CHECK(t.state(10) == "dry-run");
    CHECK(t.writer.ledger.entries.contains(10));
    t.guard.set_options({});
    t.look(10);
    CHECK(t.table.score(10) == 100);
}

TEST_CASE("The original of the first write survives every change of the rules") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.set_rules({rule("other", "train", exactly(-3))});
    t.look(10);
    CHECK(t.writer.take() == Lines{"write 10: 100 -> 500", "write 10: 100 -> -3"});
    t.set_rules({rule("other", "train", {Value::Kind::AtLeast, 50})});
    t.look(10);
    CHECK(t.table.score(10) == 100);
    t.set_rules({rule("other", "train", exactly(9))});
    t.look(10);
    t.set_rules({rule("leave", "train", Value{})});
    t.seen.take();
    t.look(10);
    CHECK(t.table.score(10) == 100);
    CHECK(t.seen.take() == Lines{"released 10: unmatched at 100"});
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
}

TEST_CASE("A reload of the same rules changes nothing, and counts matches anew") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.seen.take();
    t.writer.take();
    t.set_rules({rule("first", "none", exactly(0)), rule("job", "train", exactly(500))});
    CHECK_FALSE(t.holding(10).rule_in_force);
    t.look(10);
    t.look(10);
    CHECK(t.seen.take().empty());
    CHECK(t.writer.take().empty());
    CHECK(t.holding(10).rule_in_force.get() == &t.guard.rules().rules()[1]);
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("Another rule with the same value is told of and writes nothing") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.seen.take();
    t.writer.take();
    t.set_rules({rule("new", "train", exactly(500))});
    t.look(10);
    CHECK(t.seen.take() == Lines{"held 10: 100 -> 500 by new"});
    CHECK(t.writer.take().empty());
}

TEST_CASE("A release gives back only a value that is ours") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.table.start(11, "train", 100);
    CHECK(t.guard.sweep(t.now));
    t.table.processes.at(11).score = 7;
    t.seen.take();
    SECTION("when its rule goes") {
        t.set_rules({});
        CHECK(t.guard.sweep(t.now));
        CHECK(t.seen.take() ==
              Lines{"released 10: unmatched at 100", "released 11: unmatched at 7"});
    }
    SECTION("when the daemon stops") {
        t.guard.release_all(t.now);
        CHECK(t.seen.take() == Lines{"released 10: stop at 100", "released 11: stop at 7"});
    }
    CHECK(t.table.score(10) == 100);
    CHECK(t.table.score(11) == 7);
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
}

TEST_CASE("Stopping releases no process that has the pid of a held one") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.start(10, "bystander", 500);
    t.seen.take();
    t.guard.release_all(t.now);
    CHECK(t.table.score(10) == 500);
    CHECK(t.seen.take() == Lines{"released 10: gone at 500"});
}

TEST_CASE("What an earlier daemon left on record is taken over as far as it still stands") {
    Guarding t({rule("job", "train", exactly(500))});
    const auto entry = [&](Pid pid, Written written) {
        t.writer.ledger.entries[pid] = {t.table.id(pid).start_time, written};
    };
    for (Pid pid = 10; pid <= 14; ++pid)
        t.table.start(pid, pid == 14 ? "other" : "train", 500);
    for (Pid pid = 10; pid <= 14; ++pid)
        entry(pid, {100, 500});
    t.table.processes.at(11).score = 100;  // killed before the write
    t.table.processes.at(12).score = 7;    // changed since
    t.table.end(13);
    t.guard.adopt(Ledger(t.writer.ledger));
    CHECK(t.seen.take().empty());
    CHECK(t.writer.take().empty());
    CHECK(t.holds(10));
    CHECK_FALSE(t.holds(11));
    CHECK(t.holds(12));
    CHECK_FALSE(t.holds(13));
    CHECK(t.writer.ledger.entries.size() == 3);

    CHECK(t.guard.sweep(t.now));
    CHECK(t.seen.take() == Lines{"held 10: 100 -> 500 by job", "held 11: 100 -> 500 by job",
                                 "drifted 12: 7 repaired",
                                 "released 14: unmatched at 100, no rule"});
    CHECK(t.table.score(14) == 100);
    t.set_rules({});
    CHECK(t.guard.sweep(t.now));
    for (Pid pid = 10; pid <= 12; ++pid)
        CHECK(t.table.score(pid) == 100);
    CHECK(t.writer.ledger.entries.empty());
}

TEST_CASE("While the administrator's rules are not known, what was adopted stays as it is") {
    Guarding t;
    t.table.start(10, "train", 500);
    t.writer.ledger.hold(t.table.id(10), {100, 500});
    t.guard.adopt(Ledger(t.writer.ledger));
    Guard::Options options;
    options.keep_adopted = true;
    t.guard.set_options(options);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 500);
    CHECK(t.seen.take().empty());
    t.guard.set_options({});
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 100);
}

TEST_CASE("A child seen before the administrator's rules are known gets its own score back then") {
    Guarding t;
    t.table.start(10, "train", 500);
    t.writer.ledger.hold(t.table.id(10), {100, 500});
    t.table.fork(10, 11).comm = "worker";
    t.guard.adopt(Ledger(t.writer.ledger));
    Guard::Options options;
    options.keep_adopted = true;
    t.guard.set_options(options);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(11) == 500);
    t.guard.set_options({});
    t.set_rules({rule("job", "train", exactly(300))});
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 300);
    CHECK(t.table.score(11) == 100);
}

TEST_CASE("A record that cannot be judged for want of memory is kept") {
    Guarding t;
    t.table.start(10, "train", 500);
    t.writer.ledger.hold(t.table.id(10), {100, 500});
    t.table.faults[{Step::ReadScore, 10}] = ENOMEM;
    t.guard.adopt(Ledger(t.writer.ledger));
    t.table.faults.clear();
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 100);
}

TEST_CASE("A death between the record of another value and its write loses no original") {
    Guarding t;
    t.table.start(10, "train", 500);
    t.writer.ledger.hold(t.table.id(10), {100, 500});
    t.writer.ledger.hold(t.table.id(10), {100, 300});
    t.guard.adopt(Ledger(t.writer.ledger));
    CHECK(t.holding(10).written == Written{100, 500});
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 100);
}

TEST_CASE("A death between the record of a lowered floor and its write is no drift") {
    Guarding t({rule("job", "train", exactly(-500))});
    t.table.start(10, "train", 100);
    t.writer.ledger.hold(t.table.id(10), {100, -500});
    t.writer.ledger.hold(t.table.id(10), {100, -500, true});
    t.guard.adopt(Ledger(t.writer.ledger));
    CHECK(t.guard.sweep(t.now));
    CHECK(t.seen.take() == Lines{"held 10: 100 -> -500 by job"});
    CHECK(t.guard.counters().drifts_repaired == 0);
}

TEST_CASE("A record of a pid that is another process by now is dropped") {
    Guarding t;
    t.table.start(10, "bystander", 500);
    t.writer.ledger.entries[10] = {1, {100, 500}};
    t.guard.adopt(Ledger(t.writer.ledger));
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 500);
}

TEST_CASE("A process in an exempt cgroup is left alone, and given back what it had") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100).cgroup = "/kubepods/pod1";
    t.table.start(11, "train", 100).cgroup = "/user";
    t.guard.set_options({.dry_run = false, .exempt_cgroups = {path_glob("/kubepods/**")}});
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 100);
    CHECK(t.table.score(11) == 500);
    CHECK(t.guard.inspect(10)->exempt);
    CHECK_FALSE(t.guard.inspect(11)->exempt);
    t.seen.take();
    t.table.processes.at(11).cgroup = "/kubepods/pod1";
    t.look(11);
    CHECK(t.table.score(11) == 100);
    CHECK(t.seen.take() == Lines{"released 11: exempt at 100"});
}

TEST_CASE("No more processes are held than the limit, and the others are counted") {
    Guarding t({rule("job", "train", exactly(500))});
    t.guard.set_options({.dry_run = false, .exempt_cgroups = {}, .most_holdings = 2});
    for (Pid pid = 10; pid < 15; ++pid)
        t.table.start(pid, "train", 100);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.guard.holdings().size() == 2);
    CHECK(t.guard.counters().over_limit == 3);
    CHECK(t.guard.counters().written == 2);
    CHECK(t.table.score(12) == 100);
    // Those that are held stay held, and room is used when there is some.
    t.table.end(10);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.guard.sweep(t.now));
    CHECK(t.guard.holdings().size() == 2);
    CHECK(t.guard.counters().over_limit == 2);
    CHECK(t.table.score(12) == 500);
}

TEST_CASE("A quarter of the places is for processes that are lowered, or held by pid") {
    Guarding t({rule("job", "cc1", exactly(500)), rule("base", "postgres", exactly(-500))});
    t.guard.set_options({.dry_run = false, .exempt_cgroups = {}, .most_holdings = 8});
    for (Pid pid = 10; pid < 30; ++pid)
        t.table.start(pid, "cc1", 0);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.guard.holdings().size() == 6);
    CHECK(t.guard.counters().over_limit == 14);
    t.table.start(40, "postgres", 0);
    t.table.start(41, "shell", 0);
    t.look(40);
    CHECK(t.table.score(40) == -500);
    CHECK_FALSE(t.guard.pin(41, 300, Children::Reset, t.now));
    CHECK(t.table.score(41) == 300);
    // Then there is no place left for anyone.
    t.table.start(42, "postgres", 0);
    t.look(42);
    CHECK_FALSE(t.holds(42));
}

}  // namespace oomguard::daemon
