// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace oomguard::config {

struct Unit {
    std::string_view name;
    std::int64_t scale = 1;
};

/// A whole number directly followed by one of the units, such as "10s", as number times scale; a
/// unit with an empty name is a bare number's. nullopt if the text is anything else or too large.
[[nodiscard]] std::optional<std::int64_t> parse_quantity(std::string_view text,
                                                         std::span<const Unit> units);

}  // namespace oomguard::config
