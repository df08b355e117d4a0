// SPDX-License-Identifier: MIT
#include <cerrno>

#include "pinning.hpp"

// What a pin does, and what prevents it.
namespace oomguard::daemon {
TEST_CASE("A pinned process is held at once, by a rule of its own, whatever the rules say") {
    Pinning t;
    t.table.start(20, "other", 30);
    for (const Pid pid : {10, 20}) {
        CAPTURE(pid);
        CHECK(t.pin(pid, 300) == std::nullopt);
        CHECK(t.table.score(pid) == 300);
        CHECK(t.state(pid) == "held");
        CHECK(t.holding(pid).rule == "hold " + std::to_string(pid));
        const auto finding = t.guard.inspect(pid);
        REQUIRE(finding);
        REQUIRE(finding->rule);
        CHECK(finding->rule->name == "hold " + std::to_string(pid));
        CHECK(finding->rule->origin.text() == "(hold)");
        CHECK(finding->rule->value.text() == "300");
        CHECK(finding->rule->children == Children::Reset);
    }
    CHECK(t.holding(10).original == 100);
    CHECK(t.holding(20).original == 30);
    CHECK(t.writer.take() ==
          Lines{"write 10: 100 -> 300", "pin 10: 300", "write 20: 30 -> 300", "pin 20: 300"});
    CHECK(t.seen.take() ==
          Lines{"held 10: 100 -> 300 by hold 10", "held 20: 30 -> 300 by hold 20"});
    t.sweep();
    CHECK(t.writer.take().empty());
    CHECK(t.seen.take().empty());
}

TEST_CASE("A second pin replaces the first") {
    Pinning t;
    CHECK(t.pin(10, 300) == std::nullopt);
    CHECK(t.pin(10, 200, Children::Include) == std::nullopt);
    CHECK(t.table.score(10) == 200);
    CHECK(t.holding(10).original == 100);
    CHECK(t.writer.ledger.pins.at(10) ==
          Ledger::Pin{t.table.id(10).start_time, 200, Children::Include});
    CHECK(t.unpin(10) == std::nullopt);
    CHECK(t.table.score(10) == 500);
}

TEST_CASE("Unpinned, a process is what the rules make of it") {
    Pinning t;
    t.table.start(20, "other", 30);
    CHECK(t.pin(10, 300) == std::nullopt);
    CHECK(t.pin(20, 300) == std::nullopt);
    t.seen.take();
    t.writer.take();
    CHECK(t.unpin(10) == std::nullopt);
    CHECK(t.unpin(20) == std::nullopt);
    CHECK(t.table.score(10) == 500);
    CHECK(t.table.score(20) == 30);
    CHECK(t.writer.take() ==
          Lines{"unpin 10", "write 10: 100 -> 500", "unpin 20", "restore 20: 30 -> 300 to 30"});
    CHECK(t.seen.take() == Lines{"held 10: 100 -> 500 by job", "released 20: unmatched at 30"});
    CHECK(t.writer.ledger.pins.empty());
    CHECK_FALSE(t.holds(20));
    CHECK(t.unpin(10) == Reason::NotPinned);
    CHECK(t.unpin(20) == Reason::NotPinned);
    CHECK(t.unpin(21) == Reason::NoSuchProcess);
}

TEST_CASE("Pins do not count as matches of a rule, nor does what comes back from them") {
    Pinning t;
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{1});
    CHECK(t.pin(10, 300) == std::nullopt);
    CHECK(t.unpin(10) == std::nullopt);
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{1});
    t.table.start(11, "train");
    CHECK(t.pin(11, 300) == std::nullopt);
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{1});
    CHECK(t.unpin(11) == std::nullopt);
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{2});
}

TEST_CASE("What is never touched, or there is no more, cannot be pinned") {
    Pinning t;
    t.table.start(1, "init");
    t.table.start(2, "kthreadd").kernel_thread = true;
    t.table.start(kSelf, "oom-guardd");
    t.table.start(30, "dead").zombie = true;
    CHECK(t.pin(1, 300) == Reason::FirstProcess);
    CHECK(t.pin(2, 300) == Reason::KernelThread);
    CHECK(t.pin(kSelf, 300) == Reason::Itself);
    for (const Pid pid : {-5, 0, 29, 30})
        CHECK(t.pin(pid, 300) == Reason::NoSuchProcess);
    CHECK(t.unpin(30) == Reason::NoSuchProcess);
    t.guard.set_options({.exempt_cgroups = {path_glob("/kubepods/**")}});
    t.table.start(31, "pod").cgroup = "/kubepods/x";
    CHECK(t.pin(31, 300) == Reason::Exempt);
    t.table.start(32, "hidden");
    t.table.faults[{Step::Read, 32}] = EACCES;
    CHECK(t.pin(32, 300) == Reason::Unreadable);
    CHECK(t.guard.pins().owners().empty());
    CHECK(t.writer.take().empty());
    CHECK(t.seen.take().empty());
}

TEST_CASE("A pin that the kernel refuses leaves the process as it was, under its rule") {
    Pinning t;
    const Holding before = t.holding(10);
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    SECTION("without a pin before") {
        const auto failure = t.guard.pin(10, -500, Children::Reset, t.now);
        REQUIRE(failure);
        CHECK(failure->reason == Reason::Refused);
        CHECK(failure->error.message() == "step: Permission denied");
        CHECK(failure->refused->rule == "hold 10");
        CHECK(failure->refused->wanted == -500);
        CHECK(failure->refused->current == 500);
        CHECK(t.seen.take() == Lines{"refused 10: -500 step: Permission denied"});
        CHECK_FALSE(t.is_pinned(10));
        CHECK(t.holding(10).rule == "job");
        CHECK(t.holding(10).last_error.empty());
    }
    SECTION("with a pin before") {
        t.table.faults.clear();
        CHECK(t.pin(10, 300) == std::nullopt);
        t.table.faults[{Step::WriteScore, 10}] = EACCES;
        CHECK(t.pin(10, -500) == Reason::Refused);
        CHECK(t.writer.ledger.pins.at(10).value == 300);
        CHECK(t.holding(10).rule == "hold 10");
        CHECK(t.table.score(10) == 300);
        t.table.faults.clear();
        CHECK(t.unpin(10) == std::nullopt);
    }
    CHECK(t.state(10) == "held");
    CHECK(t.table.score(10) == 500);
    CHECK(t.holding(10).written == before.written);
    CHECK(t.writer.ledger.entries.at(10).written == *before.written);
    CHECK(t.guard.matches() == std::vector<std::uint64_t>{1});
}

TEST_CASE("A pin that the kernel refuses leaves nothing on a process that no rule means") {
    Pinning t;
    t.table.start(20, "other", 30);
    t.table.faults[{Step::WriteScore, 20}] = EACCES;
    CHECK(t.pin(20, -500, Children::Include) == Reason::Refused);
    CHECK_FALSE(t.holds(20));
    CHECK_FALSE(t.is_pinned(20));
    CHECK_FALSE(t.is_on_record(20));
    CHECK_FALSE(t.writer.ledger.entries.contains(20));
    CHECK(t.seen.take() == Lines{"refused 20: -500 step: Permission denied"});
    t.table.faults.clear();
    t.sweep();
    CHECK(t.table.score(20) == 30);
}

TEST_CASE("A pin that cannot be written for want of a look leaves nothing behind either") {
    Pinning t;
    t.table.start(20, "other", 30);
    t.table.faults[{Step::ReadScore, 20}] = EACCES;
    CHECK(t.pin(20, 300) == Reason::Unreadable);
    CHECK_FALSE(t.is_pinned(20));
    CHECK_FALSE(t.is_on_record(20));
}

TEST_CASE("A process that ends while it is pinned is no such process") {
    const auto step = GENERATE(Step::Read, Step::ReadScore, Step::WriteScore);
    Pinning t;
    t.table.start(20, "other", 30);
    t.table.before = [&](Step at, Pid pid) {
        if (at == step && pid == 20)
            t.table.end(20);
    };
    CHECK(t.pin(20, 300) == Reason::NoSuchProcess);
    CHECK_FALSE(t.is_pinned(20));
    CHECK_FALSE(t.is_on_record(20));
    CHECK_FALSE(t.holds(20));
}

TEST_CASE("A pin is tried at once also where the write before had to wait") {
    Pinning t;
    CHECK(t.pin(10, 300) == std::nullopt);
    for (unsigned repair = 0; repair < 2 * Backoff::kFreeTries; ++repair) {
        t.table.processes.at(10).score = 3;
        t.look(10);
    }
    CHECK(t.state(10) == "drifting");
    CHECK(t.pin(10, 300) == std::nullopt);
    CHECK(t.state(10) == "held");
    CHECK(t.table.score(10) == 300);
}

TEST_CASE("In a dry run a pin is kept, and nothing is written") {
    Pinning t(kNoRules);
    t.guard.set_options({.dry_run = true, .exempt_cgroups = {}});
    CHECK(t.pin(10, 300) == std::nullopt);
    CHECK(t.state(10) == "dry-run");
    CHECK(t.holding(10).rule == "hold 10");
    CHECK(t.table.score(10) == 100);
    CHECK(t.writer.take() == Lines{"pin 10: 300"});
    CHECK(t.unpin(10) == std::nullopt);
    CHECK_FALSE(t.holds(10));
}

}  // namespace oomguard::daemon
