// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "core/rule.hpp"

namespace oomguard {

/// By rule, indexes of others.
using Shadowing = std::vector<std::vector<std::size_t>>;

/// For each rule, the earlier rules that together match every process that it matches, so that it
/// never decides, but for processes that those may not protect; none if that is not so, or not
/// certain. Never a false alarm. Of rules by exact names it takes time linear in their number; of
/// very many others the last are passed over.
[[nodiscard]] Shadowing find_shadowing(const std::vector<Rule>& rules);

/// Whether the criteria hold for every process of which all can be read.
[[nodiscard]] bool hold_for_all(const Criteria& criteria);

}  // namespace oomguard
