// SPDX-License-Identifier: MIT
#include "ctl/arguments.hpp"

#include <charconv>
#include <limits>

#include <fmt/core.h>

#include "ctl/failure.hpp"

namespace oomguard::ctl {

std::optional<std::uint32_t> parse_pid(std::string_view text) {
    std::uint32_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    constexpr auto kMost = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
    return is_number && pid > 0 && pid <= kMost ? std::optional(pid) : std::nullopt;
}

std::uint32_t pid_of(const std::string& argument) {
    if (const auto pid = parse_pid(argument))
        return *pid;
    throw Failure(ExitCode::Failed,
                  fmt::format("'{}' is not a pid; look it up with: ps -e", argument));
}

std::int32_t score_of(const std::string& argument) {
    std::int32_t score = 0;
    const char* const end = argument.data() + argument.size();
    const auto [stop, error] = std::from_chars(argument.data(), end, score);
    if (error != std::errc() || stop != end)
        throw Failure(ExitCode::Failed,
                      fmt::format("'{}' is not a value; it goes from -1000 to 1000", argument));
    return score;
}

}  // namespace oomguard::ctl
