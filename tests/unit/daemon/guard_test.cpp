// SPDX-License-Identifier: MIT
#include "daemon/guard.hpp"

#include "guarding.hpp"
#include "support/catch.hpp"

namespace oomguard::daemon {

TEST_CASE("A process that a rule means is held, once for any number of looks") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    CHECK(t.look(10));
    CHECK(t.table.score(10) == 500);
    CHECK(t.writer.take() == Lines{"write 10: 100 -> 500"});
    CHECK(t.seen.take() == Lines{"held 10: 100 -> 500 by job"});

    CHECK(t.look(10));
    CHECK(t.guard.sweep(t.now));
    CHECK(t.writer.take().empty());
    CHECK(t.seen.take().empty());

    const Holding& holding = t.holding(10);
    CHECK(holding.id == t.table.id(10));
    CHECK(holding.name == "train");
    CHECK(holding.uid == 1000);
    CHECK(holding.rule == "job");
    CHECK(holding.rule_in_force.get() == &t.guard.rules().rules()[0]);
    CHECK(holding.written == Written{100, 500});
    CHECK(holding.original == 100);
    CHECK(holding.wanted == 500);
    CHECK(holding.current == 500);
    CHECK(t.state(10) == "held");
    CHECK(t.guard.counters().written == 1);
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{1});
}

TEST_CASE("A process that has its rule's value already is held without a write or a record") {
    Guarding t({rule("job", "train", exactly(300))});
    t.table.start(10, "train", 300);
    t.look(10);
    CHECK(t.writer.take().empty());
    CHECK(t.writer.ledger.entries.empty());
    CHECK(t.seen.take() == Lines{"held 10: 300 -> 300 by job"});
    CHECK(t.state(10) == "held");
    CHECK(t.guard.counters().written == 0);
}

TEST_CASE("Zero is a value to hold") {
    Guarding t({rule("job", "train", exactly(0))});
    t.table.start(10, "train", 300);
    t.look(10);
    CHECK(t.table.score(10) == 0);
}

TEST_CASE("A process that no rule means is not touched") {
    Guarding t({rule("job", "train", exactly(500)), rule("leave", "own", Value{})});
    t.table.start(10, "other", 100);
    t.table.start(11, "own", 100);
    CHECK(t.look(10));
    CHECK(t.look(11));
    CHECK(t.writer.take().empty());
    CHECK(t.seen.take().empty());
    CHECK(t.guard.holdings().empty());
}

TEST_CASE("The first rule that matches decides, and unchanged ends the search") {
    Guarding t({rule("leave", "own", Value{}), rule("any", "*", exactly(500))});
    t.table.start(10, "own", 100);
    t.look(10);
    CHECK(t.table.score(10) == 100);
}

TEST_CASE("Kernel threads, the first process and the daemon itself are never touched") {
    Guarding t({rule("any", "*", exactly(500))});
    t.table.start(1, "systemd");
    t.table.start(2, "kthreadd").kernel_thread = true;
    t.table.start(kSelf, "oom-guardd");
    const auto swept = t.guard.sweep(t.now);
    REQUIRE(swept);
    // Kernel threads are not counted.
    CHECK(*swept == 2);
    CHECK_FALSE(t.look(2));
    CHECK(t.writer.take().empty());
    CHECK(t.guard.holdings().empty());
    CHECK(t.guard.counters().processes == 2);
    for (const Pid pid : {1, 2, kSelf})
        CHECK_FALSE(t.guard.inspect(pid)->rule);
}

TEST_CASE("A zombie is not held, and one that was held is gone") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train").zombie = true;
    CHECK(t.look(10));
    CHECK(t.writer.take().empty());

    t.table.start(11, "train");
    t.look(11);
    t.table.processes.at(11).zombie = true;
    t.seen.take();
    CHECK(t.look(11));
    CHECK(t.seen.take() == Lines{"released 11: gone at 500"});
    CHECK(t.guard.holdings().empty());
    CHECK(t.writer.ledger.entries.empty());
}

TEST_CASE("at_most and at_least move a score in their own direction only") {
    Guarding t({rule("down", "a", {Value::Kind::AtMost, -100}),
                rule("up", "b", {Value::Kind::AtLeast, 200})});
    t.table.start(10, "a", 0);
    t.table.start(11, "a", -500);
    t.table.start(12, "b", 0);
    t.table.start(13, "b", 900);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.writer.take() == Lines{"write 10: 0 -> -100", "write 12: 0 -> 200"});
    CHECK(t.guard.holdings().size() == 4);
}

TEST_CASE("A program under a limit may choose its own value within it") {
    Guarding t({rule("up", "b", {Value::Kind::AtLeast, 200})});
    t.table.start(10, "b", 0);
    t.look(10);
    t.table.processes.at(10).score = 700;
    t.writer.take();
    t.look(10);
    CHECK(t.writer.take().empty());
    CHECK(t.guard.counters().drifts_repaired == 0);
    // It is its own value from now on: nothing of ours is left to give back.
    CHECK(t.writer.ledger.entries.empty());
    t.set_rules({});
    t.look(10);
    CHECK(t.table.score(10) == 700);
}

TEST_CASE("A process that ends is forgotten and its record dropped") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    t.look(10);
    t.table.end(10);
    t.seen.take();
    CHECK_FALSE(t.look(10));
    CHECK(t.seen.take() == Lines{"released 10: gone at 500"});
    CHECK(t.writer.ledger.entries.empty());
    CHECK_FALSE(t.look(10));
    CHECK(t.seen.take().empty());
}

TEST_CASE("A sweep forgets those that have ended, and counts what it saw") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    t.table.start(11, "train");
    t.table.start(12, "other");
    const auto first = t.guard.sweep(t.now);
    REQUIRE(first);
    CHECK(*first == 3);
    CHECK(t.guard.counters().processes == 3);
    t.table.end(10);
    t.table.end(12);
    t.seen.take();
    const auto second = t.guard.sweep(t.now);
    REQUIRE(second);
    CHECK(*second == 1);
    CHECK(t.guard.counters().processes == 1);
    CHECK(t.guard.counters().sweeps == 2);
    CHECK(t.seen.take() == Lines{"released 10: gone at 500"});
    CHECK(t.guard.holdings().size() == 1);
}

TEST_CASE("A pid that is used again is another process") {
    Guarding t({rule("job", "train", exactly(500)), rule("low", "other", exactly(200))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.seen.take();
    SECTION("that a rule means too: its own value is its original") {
        t.table.start(10, "other", 50);
        t.look(10);
        CHECK(t.seen.take() == Lines{"released 10: gone at 500", "held 10: 50 -> 200 by low"});
        CHECK(t.writer.ledger.entries.at(10).start_time == t.table.id(10).start_time);
    }
    SECTION("that no rule means: it is not written to, whatever its score") {
        t.table.start(10, "bystander", 500);
        t.writer.take();
        t.look(10);
        CHECK(t.seen.take() == Lines{"released 10: gone at 500"});
        CHECK(t.writer.take().empty());
        CHECK(t.table.score(10) == 500);
    }
}

TEST_CASE("A child that inherited a held value has its parent's original") {
    Guarding t({rule("job", "train", exactly(500)), rule("low", "worker", exactly(200))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.writer.take();
    t.table.fork(10, 11);
    t.table.fork(10, 12).comm = "worker";
    t.look(11);
    t.look(12);
    // The first has the value by inheritance: on record, because it must be given back one day.
    CHECK(t.writer.take() == Lines{"record 11: 100 -> 500", "write 12: 100 -> 200"});
    t.set_rules({});
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 100);
    CHECK(t.table.score(11) == 100);
    CHECK(t.table.score(12) == 100);
}

TEST_CASE("A child whose parent has ended since the fork has its parent's original") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100);
    t.look(10);
    t.table.fork(10, 11).parent = 1;
    t.guard.examine(11, t.now, 10);
    t.table.end(10);
    t.look(10);
    t.set_rules({});
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(11) == 100);
}

TEST_CASE("A process that executes something else is held or released by what it is then") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "sh", 100);
    t.look(10);
    CHECK(t.table.score(10) == 100);
    t.table.processes.at(10).comm = "train";
    t.look(10);
    CHECK(t.table.score(10) == 500);
    t.table.processes.at(10).comm = "sh";
    t.seen.take();
    t.look(10);
    CHECK(t.table.score(10) == 100);
    CHECK(t.seen.take() == Lines{"released 10: unmatched at 100"});
}

TEST_CASE("Fields are read only when a rule needs them") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "other");
    t.look(10);
    // The executable's name, which may be longer than comm. What is held has a user and a cgroup.
    CHECK(t.table.fields_read == std::vector<Field>{Field::Exe});
    t.table.start(11, "train");
    t.look(11);
    t.look(11);
    CHECK(t.table.fields_read ==
          std::vector<Field>{Field::Exe, Field::Credentials, Field::Cgroup, Field::Credentials});
    Guarding none;
    none.table.start(10, "other");
    none.look(10);
    CHECK(none.table.fields_read.empty());
}

TEST_CASE("An inspection tells what the next look would find, and changes nothing") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train", 100).cgroup = "/a";
    const auto finding = t.guard.inspect(10);
    REQUIRE(finding);
    CHECK(finding->snapshot.id == t.table.id(10));
    CHECK(finding->snapshot.uid == 1000);
    CHECK(finding->snapshot.cgroup == "/a");
    CHECK(finding->score == 100);
    CHECK(finding->rule.get() == &t.guard.rules().rules()[0]);
    CHECK_FALSE(finding->exempt);
    CHECK(t.writer.take().empty());
    CHECK(t.guard.holdings().empty());

    const auto none = t.guard.inspect(11);
    REQUIRE_FALSE(none);
    CHECK(is_gone(none.error()));
}

}  // namespace oomguard::daemon
