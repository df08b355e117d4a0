// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace re2 {
class RE2;
}

namespace oomguard {

/// Texts of which each match of a pattern holds at least one. ASCII, letters in lower case: to be
/// looked for in a text whose ASCII letters are lower case too.
using LiteralGroup = std::vector<std::string>;

/// Shorter literals are in too many texts to tell anything.
inline constexpr std::size_t kShortestLiteral = 2;

/// What every text that the expression matches must hold: something of each group. No group if
/// nothing is known.
[[nodiscard]] std::vector<LiteralGroup> required_literals(const re2::RE2& expression);

}  // namespace oomguard
