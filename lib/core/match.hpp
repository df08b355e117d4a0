// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard {

/// Whether something holds of a process, as far as its snapshot tells.
struct Truth {
    enum class Kind { No, Unknown, Yes };

    Kind kind = Kind::No;
    Field needed = Field::Credentials;  ///< Unknown: the cheapest field that brings it nearer
};

/// The keys of Criteria, in the order in which they are tried. The order spares work only: what is
/// read is decided by the cost of the fields.
enum class Key { Name, User, Cgroup, Unit, Exe, Parent, Ancestor, Cmdline };
inline constexpr std::array kKeys = {Key::Name, Key::User,   Key::Cgroup,   Key::Unit,
                                     Key::Exe,  Key::Parent, Key::Ancestor, Key::Cmdline};

/// Whether one key holds; an absent one does.
[[nodiscard]] Truth holds(Key key, const Criteria& criteria, const Snapshot& snapshot);

/// Whether the rule matches the process. A field is asked for only if what is known already does
/// not decide, so the expensive ones are read only when a rule still needs them.
[[nodiscard]] Truth matches(const Rule& rule, const Snapshot& snapshot);

/// The same of the rule's `except` alone, which counts for descendants too; No if it has none.
[[nodiscard]] Truth excepts(const Rule& rule, const Snapshot& snapshot);

/// Whether comm may be the beginning of a script's name, which is known only with the arguments.
/// The executable must be known.
[[nodiscard]] bool may_be_cut(const Snapshot& snapshot);

}  // namespace oomguard
