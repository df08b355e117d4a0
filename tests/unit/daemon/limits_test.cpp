// SPDX-License-Identifier: MIT
#include <chrono>

#include "daemon/bus/kept.hpp"
#include "daemon/bus/rate_limit.hpp"
#include "daemon/holding.hpp"
#include "daemon/log_limiter.hpp"
#include "support/catch.hpp"

// What keeps the daemon from doing or telling the same too often.
namespace oomguard::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart = Time{} + std::chrono::hours(5);

/// Tries as long as it may, at the same instant. How often it did.
unsigned use_up(Backoff& backoff, Time now) {
    unsigned tries = 0;
    for (; backoff.may_try(now) && tries < 1000; ++tries)
        backoff.tried(now);
    return tries;
}

}  // namespace

TEST_CASE("A backoff has its free tries, and then pauses that double up to the longest") {
    Backoff backoff;
    CHECK_FALSE(backoff.is_pausing());
    CHECK(use_up(backoff, kStart) == Backoff::kFreeTries + 1);
    CHECK(backoff.is_pausing());
    Time now = kStart;
    for (const int pause : {20, 40, 80, 160, 320, 600, 600, 600}) {
        INFO(pause);
        CHECK_FALSE(backoff.may_try(now + seconds(pause) - milliseconds(1)));
        now += seconds(pause);
        REQUIRE(backoff.may_try(now));
        backoff.tried(now);
    }
}

TEST_CASE("The pauses of a backoff are bounded however often it was tried") {
    Backoff backoff;
    Time now = kStart;
    for (int tries = 0; tries < 100; ++tries) {
        backoff.tried(now);
        now += Backoff::kLongestPause;
        REQUIRE(backoff.may_try(now));
    }
}

TEST_CASE("After a long calm a backoff has its free tries again") {
    Backoff backoff;
    use_up(backoff, kStart);
    SECTION("not after the longest pause") {
        CHECK(use_up(backoff, kStart + Backoff::kLongestPause) == 1);
    }
    SECTION("but after more than twice that") {
        const Time later = kStart + 2 * Backoff::kLongestPause + seconds(1);
        CHECK(use_up(backoff, later) == Backoff::kFreeTries + 1);
    }
}

TEST_CASE("Every state of a held process has its word") {
    CHECK(std::string(state_text(Holding::State::Held)) == "held");
    CHECK(std::string(state_text(Holding::State::Drifting)) == "drifting");
    CHECK(std::string(state_text(Holding::State::Refused)) == "refused");
    CHECK(std::string(state_text(Holding::State::DryRun)) == "dry-run");
}

TEST_CASE("A subject is logged ten times a minute, and the last says so") {
    LogLimiter limiter;
    for (unsigned asked = 1; asked <= 25; ++asked) {
        const auto grant = limiter.ask("held job", kStart + seconds(asked));
        CHECK(grant.may_log == (asked <= LogLimiter::kMost));
        CHECK(grant.is_last == (asked == LogLimiter::kMost));
        CHECK(grant.left_out == 0);
    }
    CHECK(limiter.ask("held other", kStart + seconds(25)).may_log);
    const auto next = limiter.ask("held job", kStart + seconds(61));
    CHECK(next.may_log);
    CHECK(next.left_out == 15);
    CHECK(limiter.ask("held job", kStart + seconds(62)).left_out == 0);
}

TEST_CASE("A minute in which nothing was left out leaves nothing to tell") {
    LogLimiter limiter;
    for (unsigned asked = 0; asked < LogLimiter::kMost; ++asked)
        CHECK(limiter.ask("x", kStart).may_log);
    CHECK(limiter.ask("x", kStart + LogLimiter::kWindow).left_out == 0);
}

TEST_CASE("However many subjects there are, those of earlier minutes are not kept") {
    LogLimiter limiter;
    for (std::size_t minute = 0; minute < 4; ++minute) {
        for (std::size_t subject = 0; subject < LogLimiter::kMostSubjects; ++subject)
            CHECK(limiter
                      .ask(std::to_string(minute) + "-" + std::to_string(subject),
                           kStart + minute * LogLimiter::kWindow)
                      .may_log);
        CHECK(limiter.subjects() == LogLimiter::kMostSubjects);
    }
}

TEST_CASE("What takes long to find out is kept for a while, or until it is dropped") {
    Time now = kStart;
    Clock::duration takes{};
    Clock::duration lasts{};
    SECTION("for nine times as long") {
        takes = milliseconds(10);
        lasts = milliseconds(90);
    }
    SECTION("for a second at most") {
        takes = seconds(10);
        lasts = seconds(1);
    }
    int found = 0;
    Kept<int> kept;
    const auto get = [&] {
        return kept.get(
            [&] {
                now += takes;
                return ++found;
            },
            [&] { return now; });
    };
    CHECK(get() == 1);
    now += lasts - milliseconds(1);
    CHECK(get() == 1);
    now += milliseconds(1);
    CHECK(get() == 2);
    kept.drop();
    CHECK(get() == 3);
}

TEST_CASE("A rate limit allows so many a second and counts the others") {
    RateLimit limit(3);
    for (int round = 0; round < 4; ++round) {
        const Time start = kStart + seconds(2 * round);
        unsigned allowed = 0;
        for (int asked = 0; asked < 10; ++asked)
            allowed += limit.allow(start + milliseconds(99 * asked)) ? 1U : 0U;
        CHECK(allowed == 3);
    }
    CHECK(limit.suppressed() == 28);
    CHECK(limit.allow(kStart + seconds(100)));
}

}  // namespace oomguard::daemon
