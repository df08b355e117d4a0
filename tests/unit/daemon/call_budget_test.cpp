// SPDX-License-Identifier: MIT
#include "daemon/bus/call_budget.hpp"

#include "support/catch.hpp"

using namespace oomguard;
using namespace oomguard::daemon;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart{std::chrono::hours(1)};

/// Calls that take so long each, as many as are allowed.
int calls_allowed(CallBudget& budget, Uid user, CallBudget::Duration each, Time now) {
    int calls = 0;
    for (; budget.allow(user, now) && calls < 100'000; ++calls)
        budget.charge(user, each - CallBudget::kOfEachCall);
    return calls;
}

}  // namespace

TEST_CASE("a user has half a second of the daemon's time, and earns a tenth of what passes") {
    CallBudget budget;
    CHECK(calls_allowed(budget, 1000, 10ms, kStart) == 50);
    CHECK(calls_allowed(budget, 1000, 10ms, kStart + 1s) == 10);
    CHECK(calls_allowed(budget, 1000, 10ms, kStart + 1h) == 50);
}

TEST_CASE("a call may take longer than there is left, which is owed then") {
    CallBudget budget;
    REQUIRE(budget.allow(1000, kStart));
    budget.charge(1000, 1s);
    CHECK_FALSE(budget.allow(1000, kStart + 5s));
    CHECK(budget.allow(1000, kStart + 6s));
}

TEST_CASE("calls that do nothing cost something too") {
    CallBudget budget;
    CHECK(calls_allowed(budget, 1000, CallBudget::kOfEachCall, kStart) == 5000);
}

TEST_CASE("who goes on calling stays refused until he has been quiet for five seconds") {
    CallBudget budget;
    Time now = kStart;
    CHECK(calls_allowed(budget, 1000, 10ms, now) == 50);
    for (int call = 0; call < 20'000; ++call) {
        REQUIRE_FALSE(budget.allow(1000, now));
        budget.charge_refusal(1000);
        now += 500us;
    }
    CHECK_FALSE(budget.allow(1000, now + 4900ms));
    CHECK(budget.allow(1000, now + 5100ms));
}

TEST_CASE("refusals cost nobody else anything, and forgive nothing") {
    CallBudget budget;
    CHECK(calls_allowed(budget, 1000, 1s, kStart) == 1);
    for (int call = 0; call < 20'000; ++call)
        budget.charge_refusal(1000);
    budget.charge_refusal(1001);
    CHECK_FALSE(budget.allow(1000, kStart + 5s));
    CHECK(budget.allow(1000, kStart + 5100ms));
    CHECK(calls_allowed(budget, 1001, 10ms, kStart + 10s) == 50);
}

TEST_CASE("what one user spends another has, but not what many do together") {
    CallBudget budget;
    CHECK(calls_allowed(budget, 1000, 10ms, kStart) == 50);
    CHECK(calls_allowed(budget, 1001, 10ms, kStart + 1s) == 34);
    CHECK_FALSE(budget.allow(1002, kStart + 1s));
    CHECK(budget.allow(1002, kStart + 2s));
}

TEST_CASE("however many users there are, those are forgotten who owe nothing") {
    CallBudget budget;
    for (Uid user = 0; user < 1024; ++user)
        REQUIRE(budget.allow(user, kStart));
    CHECK(budget.allow(5000, kStart));
    CHECK(budget.allow(5001, kStart));
}
