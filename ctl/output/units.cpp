// SPDX-License-Identifier: MIT
#include "ctl/output/units.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/core.h>

namespace oomguard::ctl {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;

struct Unit {
    std::uint64_t usec;
    std::string_view one;
    std::string_view many;
};

constexpr std::array<Unit, 5> kUnits = {{{86'400 * kSecond, " day", " days"},
                                         {3'600 * kSecond, "h", "h"},
                                         {60 * kSecond, "min", "min"},
                                         {kSecond, "s", "s"},
                                         {kSecond / 1'000, "ms", "ms"}}};

std::tm local_time(std::uint64_t usec) {
    const auto seconds = static_cast<std::time_t>(usec / kSecond);
    std::tm parts{};
    (void)::localtime_r(&seconds, &parts);
    return parts;
}

}  // namespace

std::string span_text(std::uint64_t usec) {
    std::string text;
    int told = 0;
    for (const Unit& unit : kUnits) {
        const std::uint64_t count = usec / unit.usec;
        usec %= unit.usec;
        if (count > 0)
            text += fmt::format("{}{}{}", text.empty() ? "" : " ", count,
                                count == 1 ? unit.one : unit.many);
        told += text.empty() ? 0 : 1;
        // Below seconds only where there is nothing more.
        if (told == 2 || (told > 0 && unit.usec == kSecond))
            break;
    }
    return text.empty() ? "0ms" : text;
}

std::string time_text(std::uint64_t usec) {
    return fmt::format("{:%a %Y-%m-%d %H:%M:%S %Z}", local_time(usec));
}

std::string date_text(std::uint64_t usec) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", local_time(usec));
}

std::string clock_text(std::uint64_t usec) {
    return fmt::format("{:%H:%M:%S}.{:03}", local_time(usec), usec % kSecond / 1'000);
}

std::uint64_t now_usec() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace oomguard::ctl
