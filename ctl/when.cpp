// SPDX-License-Identifier: MIT
#include "ctl/when.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/failure.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

struct Unit {
    std::uint64_t usec;
    std::array<std::string_view, 4> names;
};

constexpr std::array kUnits = {
    Unit{kSecond, {"s", "sec", "second", "seconds"}},
    Unit{kMinute, {"m", "min", "minute", "minutes"}}, Unit{kHour, {"h", "hr", "hour", "hours"}},
    Unit{kDay, {"d", "day", "days", "days"}}, Unit{7 * kDay, {"w", "week", "weeks", "weeks"}}};

std::optional<std::uint64_t> unit_of(std::string_view name) {
    for (const Unit& unit : kUnits) {
        if (std::find(unit.names.begin(), unit.names.end(), name) != unit.names.end())
            return unit.usec;
    }
    return std::nullopt;
}

void skip_spaces(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

/// Cuts off a number with its unit.
std::optional<std::uint64_t> take_part(std::string_view& text) {
    // Longer than there are computers, and short enough that a sum of two fits.
    constexpr std::uint64_t kMostOfAUnit = 1'000'000;
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count > kMostOfAUnit)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    skip_spaces(text);
    const std::string_view name = text.substr(0, text.find_first_of(" 0123456789"));
    const auto unit = unit_of(name);
    if (!unit)
        return std::nullopt;
    text.remove_prefix(name.size());
    skip_spaces(text);
    return count * *unit;
}

/// A span back, but for none that is longer than since 1970.
std::optional<std::uint64_t> parse_span(std::string_view text, std::uint64_t now) {
    constexpr std::string_view kAgo = " ago";
    if (text.starts_with('-'))
        text.remove_prefix(1);
    else if (text.ends_with(kAgo))
        text.remove_suffix(kAgo.size());
    if (text.empty())
        return std::nullopt;
    std::uint64_t span = 0;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part)
            return std::nullopt;
        span = std::min(span + *part, now);
    }
    return now - span;
}

std::uint64_t usec_of(std::tm local) {
    local.tm_isdst = -1;
    const std::time_t seconds = std::mktime(&local);
    return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds) * kSecond;
}

std::tm start_of_today(std::uint64_t now) {
    const auto seconds = static_cast<std::time_t>(now / kSecond);
    std::tm local{};
    (void)::localtime_r(&seconds, &local);
    local.tm_hour = 0;
    local.tm_min = 0;
    local.tm_sec = 0;
    return local;
}

bool is_in_calendar(const std::tm& local) {
    const std::chrono::year_month_day date{
        std::chrono::year(local.tm_year + 1900),
        std::chrono::month(static_cast<unsigned>(local.tm_mon) + 1),
        std::chrono::day(static_cast<unsigned>(local.tm_mday))};
    return date.ok() && local.tm_sec < 60;
}

struct Format {
    const char* names;  ///< for strptime(3)
    std::string_view shape;
};

constexpr std::array kFormats = {Format{"%Y-%m-%d", "0000-00-00"},
                                 Format{"%Y-%m-%d %H:%M", "0000-00-00 00:00"},
                                 Format{"%Y-%m-%d %H:%M:%S", "0000-00-00 00:00:00"},
                                 Format{"%H:%M", "00:00"}, Format{"%H:%M:%S", "00:00:00"}};

/// Digits where the shape has a 0; strptime(3) also takes fewer of them, and spaces.
bool has_shape(std::string_view text, std::string_view shape) {
    const auto fits = [](char character, char place) {
        return place == '0' ? character >= '0' && character <= '9' : character == place;
    };
    return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), fits);
}

/// What the format does not tell is as in `base`.
std::optional<std::tm> parse_as(const Format& format, const std::string& text, std::tm base) {
    if (!has_shape(text, format.shape))
        return std::nullopt;
    const char* end = ::strptime(text.c_str(), format.names, &base);
    // Of a 60 where that is too much it takes the 6 alone.
    const bool is_all = end == text.c_str() + text.size();
    return is_all && is_in_calendar(base) ? std::optional(base) : std::nullopt;
}

std::optional<std::uint64_t> parse_when(const std::string& text, std::uint64_t now) {
    std::tm today = start_of_today(now);
    if (text == "today")
        return usec_of(today);
    if (text == "yesterday") {
        --today.tm_mday;
        return usec_of(today);
    }
    for (const Format& format : kFormats) {
        if (const auto local = parse_as(format, text, today))
            return usec_of(*local);
    }
    return parse_span(text, now);
}

}  // namespace

std::uint64_t when_of(const std::string& argument, std::uint64_t now) {
    const auto when = parse_when(argument, now);
    if (!when)
        throw Failure(ExitCode::Failed,
                      fmt::format("'{}' is not a time; it is such as '2026-11-22 07:04', "
                                  "2026-11-22, 07:04:27, today, yesterday, 2h or '3 days ago'",
                                  printable(argument)));
    if (*when > now)
        throw Failure(ExitCode::Failed,
                      fmt::format("'{}' is still to come: {}; put the date before a time that is "
                                  "not of today",
                                  printable(argument), time_text(*when)));
    return *when;
}

}  // namespace oomguard::ctl
