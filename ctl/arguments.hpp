// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oomguard::ctl {

/// Whether an option that may be repeated asks for this; one that was not given asks for all.
template <typename Value>
bool is_one_of(const std::vector<Value>& wanted, const Value& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

/// A pid as it is written: decimal digits only, from 1 to the largest there can be.
[[nodiscard]] std::optional<std::uint32_t> parse_pid(std::string_view text);

/// The pid that an argument is. Throws Failure.
[[nodiscard]] std::uint32_t pid_of(const std::string& argument);

/// The oom_score_adj that an argument is, decimal too. Whether there is such a value is for the
/// daemon to say. Throws Failure.
[[nodiscard]] std::int32_t score_of(const std::string& argument);

}  // namespace oomguard::ctl
