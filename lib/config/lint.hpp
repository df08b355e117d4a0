// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "config/diagnostic.hpp"
#include "core/coverage.hpp"
#include "core/rule.hpp"
#include "core/shadow.hpp"

namespace oomguard::config {

/// What is probably not meant, or dangerous, in rules that were loaded without an error, in the
/// order in which they are tried: warnings, each one sentence that says what to do. Never for a
/// rule that is sound. `shadowing`: of find_shadowing(). The first hundred are kept; the others are
/// counted, as by a load.
[[nodiscard]] std::vector<Diagnostic> lint(const std::vector<Rule>& rules,
                                           const Shadowing& shadowing);

/// A note for each of these rules that decides for no process that runs now. `is_idle`: by rule.
/// Not for those that never decide for any, which lint() tells.
[[nodiscard]] std::vector<Diagnostic> note_idle(const std::vector<Rule>& rules,
                                                const Shadowing& shadowing,
                                                const std::vector<bool>& is_idle);

/// A warning for each rule that is held back because it would lower too many of the processes that
/// run now, by index.
[[nodiscard]] std::vector<Diagnostic> warn_of_broad(const std::vector<Rule>& rules,
                                                    const std::map<std::size_t, Share>& held_back);

}  // namespace oomguard::config
