// SPDX-License-Identifier: MIT
#include "ctl/when.hpp"

#include <cstdlib>
#include <ctime>

#include "ctl/failure.hpp"
#include "ctl/output/units.hpp"
#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kHour = 3'600 * kSecond;
/// 2026-11-22 07:04:27 in UTC.
constexpr std::uint64_t kNow = 1'795'331'067 * kSecond;

void set_zone(const char* zone) {
    REQUIRE(::setenv("TZ", zone, 1) == 0);
    ::tzset();
}

/// In local time.
std::string read(const std::string& argument, std::uint64_t now = kNow) {
    return time_text(when_of(argument, now));
}

std::string failure_of(const std::string& argument) {
    try {
        (void)when_of(argument, kNow);
    } catch (const Failure& failure) {
        return std::to_string(failure.exit_code()) + ": " + failure.what();
    }
    return {};
}

TEST_CASE("a date is its midnight, and a time without one is of today") {
    set_zone("UTC");
    CHECK(read("2026-11-22") == "Sun 2026-11-22 00:00:00 UTC");
    CHECK(read("2026-11-20 07:04") == "Fri 2026-11-20 07:04:00 UTC");
    CHECK(read("2026-11-20 07:04:59") == "Fri 2026-11-20 07:04:59 UTC");
    CHECK(read("2024-02-29") == "Thu 2024-02-29 00:00:00 UTC");
    CHECK(read("07:04") == "Sun 2026-11-22 07:04:00 UTC");
    CHECK(read("07:04:27") == "Sun 2026-11-22 07:04:27 UTC");
    CHECK(read("today") == "Sun 2026-11-22 00:00:00 UTC");
    CHECK(read("yesterday") == "Sat 2026-11-21 00:00:00 UTC");
    CHECK(when_of("1969-12-31", kNow) == 0);
}

TEST_CASE("dates and days are those of the local time") {
    set_zone("EST5EDT,M3.2.0,M11.1.0");
    CHECK(read("today") == "Sun 2026-11-22 00:00:00 EST");
    CHECK(read("02:00") == "Sun 2026-11-22 02:00:00 EST");
    CHECK(read("2026-07-01 12:00") == "Wed 2026-07-01 12:00:00 EDT");
    // At noon of the day after the clocks went back.
    const std::uint64_t after_change = when_of("2026-11-02 12:00", kNow);
    CHECK(read("yesterday", after_change) == "Sun 2026-11-01 00:00:00 EDT");
    CHECK(read("1d", after_change) == "Sun 2026-11-01 12:00:00 EST");
    CHECK(read("2d", after_change) == "Sat 2026-10-31 13:00:00 EDT");
    set_zone("<+13>-13");
    CHECK(read("today") == "Sun 2026-11-22 00:00:00 +13");
    CHECK(read("yesterday") == "Sat 2026-11-21 00:00:00 +13");
}

TEST_CASE("a span goes back from now, with or without a sign") {
    for (const char* text : {"2h", "-2h", "2 h", "2hr", "2 hours", "2 hours ago", "120min", "120m",
                             "1h60min", "1h 60min", "7200s", "0d2h"}) {
        CAPTURE(text);
        CHECK(when_of(text, kNow) == kNow - 2 * kHour);
    }
    CHECK(when_of("0s", kNow) == kNow);
    CHECK(when_of("90 seconds", kNow) == kNow - 90 * kSecond);
    CHECK(when_of("1d", kNow) == kNow - 24 * kHour);
    CHECK(when_of("3 days 2h", kNow) == kNow - 74 * kHour);
    CHECK(when_of("1week", kNow) == kNow - 168 * kHour);
    CHECK(when_of("1000000w 1000000w", kNow) == 0);
}

TEST_CASE("what is not a time is told what one is") {
    set_zone("UTC");
    for (const std::string text : {"",
                                   "soon",
                                   "2026",
                                   "2026-13-01",
                                   "2026-02-29",
                                   "2026-02-00",
                                   "2026-2-1",
                                   "26-02-01",
                                   "2026-11-20T07:04",
                                   "2026-11-20  07:04",
                                   "2026-11-20 ",
                                   "24:00",
                                   "07:60",
                                   "07:04:60",
                                   "7:04",
                                   "07:04:2",
                                   "07:04 x",
                                   "2",
                                   "h",
                                   "-",
                                   " ago",
                                   "ago",
                                   "2h ago ago",
                                   "--2h",
                                   "+2h",
                                   "2.5h",
                                   "2 fortnights",
                                   "1000001s",
                                   "99999999999999999999s",
                                   "2h,3min",
                                   "Today",
                                   " today",
                                   "tomorrow",
                                   "now"}) {
        CAPTURE(text);
        CHECK(failure_of(text) ==
              "1: '" + text +
                  "' is not a time; it is such as '2026-11-22 07:04', 2026-11-22, 07:04:27, today, "
                  "yesterday, 2h or '3 days ago'");
    }
    CHECK(failure_of("a\nb").starts_with("1: 'a\\nb' is not a time; "));
}

TEST_CASE("a time that is still to come is refused, as it may be meant of the day before") {
    set_zone("UTC");
    CHECK(failure_of("23:00") ==
          "1: '23:00' is still to come: Sun 2026-11-22 23:00:00 UTC; put the date before a time "
          "that is not of today");
    CHECK(failure_of("2027-01-01") ==
          "1: '2027-01-01' is still to come: Fri 2027-01-01 00:00:00 UTC; put the date before a "
          "time that is not of today");
}

}  // namespace
}  // namespace oomguard::ctl
