// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard {

/// Whether something holds of a process, as far as its snapshot tells.
struct Truth {
    enum class Kind { No, Unknown, Yes };

    Kind kind = Kind::No;
    Field needed = Field::Credentials;  ///< Unknown: the cheapest field that brings it nearer
};

/// Whether the rule matches the process. A field is asked for only if what is known already does
/// not decide, so the expensive ones are read only when a rule still needs them.
[[nodiscard]] Truth matches(const Rule& rule, const Snapshot& snapshot);

/// The same of the rule's `except` alone, which counts for descendants too; No if it has none.
[[nodiscard]] Truth excepts(const Rule& rule, const Snapshot& snapshot);

/// Whether comm may be the beginning of a script's name, which is known only with the arguments.
/// The executable must be known.
[[nodiscard]] bool may_be_cut(const Snapshot& snapshot);

}  // namespace oomguard
