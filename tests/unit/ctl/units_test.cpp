// SPDX-License-Identifier: MIT
#include "ctl/output/units.hpp"

#include <cstdlib>
#include <ctime>

#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kHour = 3'600 * kSecond;

TEST_CASE("sizes are told in the largest unit that fits, with one digit behind the point") {
    CHECK(bytes_text(0) == "0B");
    CHECK(bytes_text(1023) == "1023B");
    CHECK(bytes_text(1024) == "1K");
    CHECK(bytes_text(1536) == "1.5K");
    CHECK(bytes_text(1024 * 1024 - 1) == "1023.9K");
    CHECK(bytes_text(24'641'536) == "23.5M");
    CHECK(bytes_text(std::uint64_t{5} << 40U) == "5T");
    CHECK(bytes_text(UINT64_MAX) == "15.9E");
}

TEST_CASE("a span is told by its two largest units, without milliseconds behind seconds") {
    CHECK(span_text(0) == "0ms");
    CHECK(span_text(999) == "0ms");
    CHECK(span_text(350'000) == "350ms");
    CHECK(span_text(kSecond) == "1s");
    CHECK(span_text(kSecond + 999'000) == "1s");
    CHECK(span_text(303 * kSecond) == "5min 3s");
    CHECK(span_text(kHour) == "1h");
    CHECK(span_text(kHour + 59 * kSecond) == "1h");
    CHECK(span_text(24 * kHour) == "1 day");
    CHECK(span_text(74 * kHour + 5 * 60 * kSecond) == "3 days 2h");
}

TEST_CASE("times are told in local time") {
    REQUIRE(::setenv("TZ", "UTC", 1) == 0);
    ::tzset();
    constexpr std::uint64_t kWhen = 1'795'285'805'123'456;
    CHECK(time_text(kWhen) == "Sat 2026-11-21 18:30:05 UTC");
    CHECK(date_text(kWhen) == "2026-11-21 18:30:05");
    CHECK(clock_text(kWhen) == "18:30:05.123");
    CHECK(clock_text(1'795'285'805'000'999) == "18:30:05.000");
}

}  // namespace
}  // namespace oomguard::ctl
