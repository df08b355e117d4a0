// SPDX-License-Identifier: MIT
#include <algorithm>

#include "guarding.hpp"
#include "support/catch.hpp"

// No rule makes the machine unkillable: neither by what is at -1000, nor by lowering most of it.
namespace oomguard::daemon {
namespace {

using Outcome = Trial::Outcome;

/// A machine of a thousand bytes, of which three quarters may be unkillable.
struct Small : Guarding {
    Small() : Guarding({rule("job", "train", exactly(-1000))}) { table.memory = 1000; }

    FakeProcess& start(Pid pid, std::uint64_t memory) {
        FakeProcess& process = table.start(pid, "train");
        process.memory = memory;
        return process;
    }
    void sweep() { CHECK(guard.sweep(now)); }
    [[nodiscard]] Lines scores() const {
        Lines lines;
        for (const auto& [pid, process] : table.processes)
            lines.push_back(std::to_string(pid) + " " + std::to_string(process.score));
        return lines;
    }
};

/// Twenty processes called "a" besides the first and so many called "b".
struct Many : Guarding {
    explicit Many(Rule made, int others) : Guarding({std::move(made)}) {
        table.start(1, "init");
        for (Pid pid = 10; pid < 30; ++pid)
            table.start(pid, "a");
        for (Pid pid = 100; pid < 100 + others; ++pid)
            table.start(pid, "b");
    }
    void sweep() { CHECK(guard.sweep(now)); }
    [[nodiscard]] long lowered() const {
        return std::count_if(table.processes.begin(), table.processes.end(),
                             [](const auto& entry) { return entry.second.score < 0; });
    }
};

Rule lowering(Value value = exactly(-500)) {
    return rule("all", "a", value);
}

}  // namespace

TEST_CASE("What is at -1000 may use so much of the memory, and further ones are held at -999") {
    Small t;
    t.start(10, 500);
    t.start(11, 250);
    t.start(12, 1);
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -1000", "12 -999"});
    CHECK(t.holding(11).clipping == Clipping::None);
    CHECK(t.holding(12).clipping == Clipping::Unkillable);
    const auto explanation = t.guard.explain(12, {});
    REQUIRE(explanation);
    CHECK(explanation->trials ==
          std::vector<Trial>{{Outcome::Match, "job", "",
                              "name \"train\" is \"train\"; -999 instead of -1000, because those "
                              "at -1000 would use more of the memory than "
                              "limits.unkillable_memory allows"}});
}

TEST_CASE(
    "As the unkillable grow the largest is made killable, and unkillable again as they shrink") {
    Small t;
    t.start(10, 100);
    t.start(11, 200);
    t.start(12, 300);
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -1000", "12 -1000"});
    t.seen.take();
    t.table.processes.at(12).memory = 600;
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -1000", "12 -999"});
    CHECK(t.seen.take() == Lines{"held 12: 0 -> -999 by job"});
    t.sweep();
    CHECK(t.seen.take().empty());
    SECTION("when the machine has more memory") {
        t.table.memory = 2000;
    }
    SECTION("when it shrinks itself") {
        t.table.processes.at(12).memory = 300;
    }
    SECTION("when another ends") {
        t.table.end(11);
        t.table.processes.at(12).memory = 500;
        t.sweep();
    }
    SECTION("when another is wanted there no more") {
        t.table.processes.at(11).comm = "other";
        t.table.processes.at(12).memory = 500;
        t.sweep();
    }
    t.sweep();
    CHECK(t.table.score(12) == -1000);
    CHECK(t.holding(12).clipping == Clipping::None);
}

TEST_CASE("Of what is shared no more is counted than the machine has in use") {
    Small t;
    t.table.memory_in_use = 751;
    for (Pid pid = 10; pid < 14; ++pid)
        t.start(pid, 400);
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -999", "12 -999", "13 -999"});
    t.table.memory_in_use = 700;
    t.start(14, 400);
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -999", "12 -999", "13 -999", "14 -1000"});
    t.table.memory_in_use = 600;
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -1000", "12 -1000", "13 -1000", "14 -1000"});
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -1000", "12 -1000", "13 -1000", "14 -1000"});
}

TEST_CASE("One that ends while it is looked at leaves its room to others") {
    Small t;
    t.start(10, 700);
    t.table.before = [&t](Step step, Pid) {
        const auto& read = t.table.fields_read;
        if (step == Step::Read && !read.empty() && read.back() == Field::Memory)
            t.table.faults[{Step::Read, 10}] = ESRCH;
    };
    t.sweep();
    REQUIRE(t.table.faults.size() == 1);
    CHECK(t.guard.holdings().empty());
    t.table.before = [](Step, Pid) {};
    t.table.end(10);
    t.start(11, 700);
    t.sweep();
    CHECK(t.table.score(11) == -1000);
}

TEST_CASE("A later daemon does not decide anew which of them are killable") {
    Small t;
    t.start(10, 600).score = -999;
    t.start(11, 400).score = -1000;
    t.writer.ledger.hold(t.table.id(10), {0, -999});
    t.writer.ledger.hold(t.table.id(11), {0, -1000});
    t.guard.adopt(Ledger(t.writer.ledger));
    t.sweep();
    CHECK(t.scores() == Lines{"10 -999", "11 -1000"});
    CHECK(t.seen.take() == Lines{"held 10: 0 -> -999 by job", "held 11: 0 -> -1000 by job"});
}

TEST_CASE("How much the unkillable may use is said by the settings") {
    Small t;
    t.guard.set_options({.dry_run = false, .exempt_cgroups = {}, .unkillable_percent = 0});
    t.start(10, 1);
    t.sweep();
    CHECK(t.table.score(10) == -999);
    t.guard.set_options({.dry_run = false, .exempt_cgroups = {}, .unkillable_percent = 100});
    t.start(11, 899);
    t.sweep();
    t.sweep();
    CHECK(t.scores() == Lines{"10 -1000", "11 -1000"});
}

TEST_CASE("A rule that would lower more than half of all processes is held back, and told") {
    Many t(lowering(), 10);
    t.sweep();
    CHECK(t.lowered() == 0);
    CHECK(t.guard.held_back() == std::map<std::size_t, Share>{{0, {20, 31}}});
    CHECK(t.seen.take().empty());
    const auto explanation = t.guard.explain(10, {});
    REQUIRE(explanation);
    CHECK(explanation->trials ==
          std::vector<Trial>{{Outcome::HeldBack, "all", "",
                              "name \"a\" is \"a\"; but the rule would lower 20 of 31 processes: "
                              "narrow it, or say broad: true"}});
    SECTION("until it is narrower") {
        for (Pid pid = 200; pid < 220; ++pid)
            t.table.start(pid, "b");
        t.sweep();
        CHECK(t.lowered() == 20);
        CHECK(t.guard.held_back().empty());
    }
    SECTION("until it is said that this is meant") {
        Rule broad = lowering();
        broad.broad = true;
        t.set_rules({broad});
        t.sweep();
        CHECK(t.lowered() == 20);
    }
    SECTION("and so is the next one that would lower as many") {
        t.set_rules({lowering(), rule("next", "a", exactly(-300)), rule("b", "b", exactly(-200))});
        t.sweep();
        CHECK(t.lowered() == 10);
        CHECK(t.guard.held_back() == std::map<std::size_t, Share>{{0, {20, 31}}, {1, {20, 31}}});
    }
    SECTION("also of those that are told of before they are listed") {
        t.set_rules({rule("again", "a", exactly(-300))});
        CHECK(t.guard.sweep(t.now, [&] { t.guard.examine(10, t.now); }));
        CHECK(t.seen.take().empty());
    }
    SECTION("and the next rule decides") {
        t.set_rules({lowering(), rule("next", "a", exactly(300))});
        t.sweep();
        CHECK(t.table.score(10) == 300);
    }
}

TEST_CASE("A rule that comes to lower more than half of all is held back from then on") {
    Many t(lowering(), 30);
    t.sweep();
    CHECK(t.lowered() == 20);
    for (Pid pid = 110; pid < 130; ++pid)
        t.table.end(pid);
    // The sweep that sees it, and the next that knows it.
    t.sweep();
    t.sweep();
    CHECK(t.lowered() == 0);
    CHECK(t.guard.held_back().size() == 1);
}

TEST_CASE("What raises or is at most so much already is not held back") {
    SECTION("a raise") {
        Many t(lowering(exactly(300)), 10);
        t.sweep();
        CHECK(t.guard.held_back().empty());
        CHECK(t.table.score(10) == 300);
    }
    SECTION("a limit that is respected") {
        Many t(lowering({Value::Kind::AtMost, 0}), 10);
        t.sweep();
        CHECK(t.guard.held_back().empty());
        CHECK(t.holds(10));
    }
    SECTION("the workers of one process") {
        Many t(lowering(), 10);
        for (Pid pid = 11; pid < 30; ++pid)
            t.table.processes.at(pid).parent = 10;
        t.sweep();
        CHECK(t.lowered() == 20);
    }
    SECTION("the workers of one process that have names of their own, where it includes them") {
        Rule all = rule("all", "*", exactly(-500));
        all.children = Children::Include;
        all.except = std::make_shared<const Criteria>(rule("x", "b", exactly(0)).match);
        Many t(all, 10);
        for (Pid pid = 11; pid < 30; ++pid) {
            t.table.processes.at(pid).parent = 10;
            t.table.processes.at(pid).comm = "worker-" + std::to_string(pid);
        }
        t.sweep();
        CHECK(t.lowered() == 20);
        t.sweep();
        CHECK(t.lowered() == 20);
    }
    SECTION("the few of a small machine") {
        Many t(lowering(), 0);
        for (Pid pid = 14; pid < 30; ++pid)
            t.table.end(pid);
        t.sweep();
        CHECK(t.lowered() == 4);
    }
}

}  // namespace oomguard::daemon
