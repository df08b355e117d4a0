// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/match.hpp"
#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard {

/// How much is said, and in which words.
struct Telling {
    /// "alice" or "%ml"; none: the number, as "1000" or "%100".
    std::function<std::string(const Principal&)> name_of = {};
    /// Whose executables' paths and names may be told. Of others nothing is that would give them
    /// away, such as a pattern that they match.
    enum class Executables { Nobodys, Own, All } executables = Executables::All;
};

/// As it is told: printable.
[[nodiscard]] std::string name_of(const Principal& one, const Telling& telling);

/// Why a rule matches a process or does not.
struct Reason {
    Truth truth;       ///< what matches() answers
    std::string text;  ///< empty if that is Unknown
};

/// The reason, as one short line for people. Of a rule that does not match, the first of kKeys that
/// certainly does not hold and what was found instead, or the `except` that holds:
///     name "bash" is not "python3*"
///     user alice is not bob or %ml
///     excepted: cmdline "train.py --dry-run" is "*--dry-run*"
/// Of one that does, each key with what holds it. What processes and rules call themselves is made
/// printable and cut where it is long.
[[nodiscard]] Reason explain(const Rule& rule, const Snapshot& snapshot,
                             const Telling& telling = {});

/// Of the rule's `except` alone, which must hold: "excepted: ...".
[[nodiscard]] std::string explain_exception(const Rule& rule, const Snapshot& snapshot,
                                            const Telling& telling = {});

/// The text in quotation marks, printable; those within it with a backslash. Of a long one only the
/// beginning, and "..." after the marks.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace oomguard
