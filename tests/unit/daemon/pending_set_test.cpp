// SPDX-License-Identifier: MIT
#include "daemon/pending_set.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace oomguard::daemon {
namespace {

using std::chrono::milliseconds;

constexpr Time kStart = Time{} + std::chrono::hours(5);
constexpr std::size_t kMany = 1000;

/// When each look at the process comes, in milliseconds from the start, if looks are on time.
std::vector<long> looks(PendingSet& pending) {
    std::vector<long> times;
    while (const auto due = pending.next_due()) {
        REQUIRE(times.size() < 100);
        for (const Pid pid : pending.take_due(*due, kMany)) {
            CHECK(pid == 10);
            times.push_back(std::chrono::duration_cast<milliseconds>(*due - kStart).count());
        }
    }
    CHECK(pending.size() == 0);
    return times;
}

}  // namespace

TEST_CASE("A process that was found is looked at at once, after 100 ms and after 2 s") {
    PendingSet pending;
    CHECK_FALSE(pending.next_due());
    pending.found(10, kStart);
    CHECK(looks(pending) == std::vector<long>{0, 100, 2000});
}

TEST_CASE("A fork is looked at a little later, because an exec mostly follows") {
    PendingSet pending;
    pending.forked(10, kStart, PendingSet::kAfterFork);
    CHECK(looks(pending) == std::vector<long>{1, 100, 2000});
}

TEST_CASE("A fork that makes no difference waits for the rechecks") {
    PendingSet pending;
    pending.forked(10, kStart, PendingSet::kFirstRecheck);
    CHECK(looks(pending) == std::vector<long>{100, 2000});
}

TEST_CASE("An exec is not delayed by the fork before it, nor by one that comes late") {
    PendingSet pending;
    SECTION("fork, exec") {
        pending.forked(10, kStart - milliseconds(1), PendingSet::kAfterFork);
        pending.found(10, kStart);
    }
    SECTION("exec, fork") {
        pending.found(10, kStart);
        pending.forked(10, kStart, PendingSet::kAfterFork);
    }
    SECTION("exec, look, fork") {
        pending.found(10, kStart);
        CHECK(pending.take_due(kStart, kMany) == std::vector<Pid>{10});
        pending.forked(10, kStart + milliseconds(50), PendingSet::kAfterFork);
        CHECK(looks(pending) == std::vector<long>{100, 2000});
        return;
    }
    SECTION("fork, look, exec") {
        pending.forked(10, kStart - milliseconds(50), PendingSet::kAfterFork);
        CHECK(pending.take_due(kStart - milliseconds(49), kMany) == std::vector<Pid>{10});
        pending.found(10, kStart);
    }
    CHECK(looks(pending) == std::vector<long>{0, 100, 2000});
}

TEST_CASE("Any number of events for a process are one look") {
    PendingSet pending;
    for (int event = 0; event < 100; ++event)
        pending.found(10, kStart);
    CHECK(pending.size() == 1);
    CHECK(pending.take_due(kStart, kMany) == std::vector<Pid>{10});
    CHECK(pending.take_due(kStart, kMany).empty());
}

TEST_CASE("The rechecks count from the last event") {
    // Before the first recheck, before the second, and after both.
    const milliseconds before = GENERATE(milliseconds(60), milliseconds(1000), milliseconds(3000));
    PendingSet pending;
    pending.found(10, kStart - before);
    while (pending.next_due() && *pending.next_due() < kStart)
        CHECK(pending.take_due(*pending.next_due(), kMany).size() == 1);
    pending.found(10, kStart);
    CHECK(looks(pending) == std::vector<long>{0, 100, 2000});
}

TEST_CASE("Each process has rechecks of its own") {
    PendingSet pending;
    pending.found(10, kStart);
    pending.found(11, kStart + milliseconds(30));
    pending.forked(12, kStart + milliseconds(30), PendingSet::kAfterFork);
    std::vector<std::pair<long, Pid>> looks;
    while (const auto due = pending.next_due()) {
        REQUIRE(looks.size() < 100);
        for (const Pid pid : pending.take_due(*due, kMany))
            looks.emplace_back(std::chrono::duration_cast<milliseconds>(*due - kStart).count(),
                               pid);
    }
    CHECK(looks == std::vector<std::pair<long, Pid>>{{0, 10},
                                                     {30, 11},
                                                     {31, 12},
                                                     {100, 10},
                                                     {130, 11},
                                                     {130, 12},
                                                     {2000, 10},
                                                     {2030, 11},
                                                     {2030, 12}});
}

TEST_CASE("The rechecks of a process that has ended are not those of the next with its pid") {
    PendingSet pending;
    pending.found(10, kStart - milliseconds(90));
    CHECK(pending.take_due(kStart - milliseconds(90), kMany).size() == 1);
    pending.ended(10);
    pending.forked(10, kStart, PendingSet::kAfterFork);
    CHECK(looks(pending) == std::vector<long>{1, 100, 2000});
}

TEST_CASE("A look that comes late replaces those that it is late for") {
    PendingSet pending;
    pending.found(10, kStart);
    SECTION("after the first recheck") {
        CHECK(pending.take_due(kStart + milliseconds(500), kMany).size() == 1);
        CHECK(looks(pending) == std::vector<long>{2000});
    }
    SECTION("after the second") {
        CHECK(pending.take_due(kStart + milliseconds(5000), kMany).size() == 1);
        CHECK(pending.size() == 0);
    }
}

TEST_CASE("A process that has ended is looked at no more") {
    PendingSet pending;
    SECTION("found") {
        pending.found(10, kStart);
    }
    SECTION("forked") {
        pending.forked(10, kStart, PendingSet::kAfterFork);
    }
    SECTION("waiting for a recheck") {
        pending.found(10, kStart);
        CHECK(pending.take_due(kStart, kMany).size() == 1);
    }
    SECTION("not pending at all") {}
    pending.ended(10);
    CHECK(pending.size() == 0);
    CHECK_FALSE(pending.next_due());
}

TEST_CASE("Ending one process leaves the others that are due at the same time") {
    PendingSet pending;
    for (Pid pid = 10; pid < 20; ++pid)
        pending.found(pid, kStart);
    pending.ended(14);
    const auto due = pending.take_due(kStart, kMany);
    CHECK(due == std::vector<Pid>{10, 11, 12, 13, 15, 16, 17, 18, 19});
}

TEST_CASE("At most so many are taken at once, the longest due first") {
    PendingSet pending;
    for (Pid pid = 10; pid < 15; ++pid)
        pending.found(pid, kStart + milliseconds(14 - pid));
    const Time now = kStart + milliseconds(50);
    CHECK(pending.take_due(now, 2) == std::vector<Pid>{14, 13});
    CHECK(pending.next_due() == std::optional(kStart + milliseconds(2)));
    CHECK(pending.take_due(now, kMany) == std::vector<Pid>{12, 11, 10});
}

TEST_CASE("In a hurry all that is young is due now, and its rechecks stay") {
    PendingSet pending;
    pending.found(10, kStart);
    CHECK(pending.take_due(kStart, kMany).size() == 1);
    pending.hurry(kStart + milliseconds(30));
    CHECK(looks(pending) == std::vector<long>{30, 100, 2000});
    pending.hurry(kStart);
    CHECK_FALSE(pending.next_due());
}

TEST_CASE("A hurry delays nothing that is overdue") {
    PendingSet pending;
    pending.found(10, kStart);
    pending.hurry(kStart + milliseconds(30));
    CHECK(pending.next_due() == std::optional(kStart));
}

}  // namespace oomguard::daemon
