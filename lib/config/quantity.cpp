// SPDX-License-Identifier: MIT
#include "config/quantity.hpp"

#include <algorithm>
#include <limits>

#include "config/reader.hpp"

namespace oomguard::config {

std::optional<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::optional<std::int64_t> number = parse_integer(text.substr(0, end)).value;
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& candidate) {
        return candidate.name == text.substr(end);
    });
    if (!number || unit == units.end() ||
        *number > std::numeric_limits<std::int64_t>::max() / unit->scale)
        return std::nullopt;
    return *number * unit->scale;
}

}  // namespace oomguard::config
