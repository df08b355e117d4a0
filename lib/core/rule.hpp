// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/compact_list.hpp"
#include "core/oomd.hpp"
#include "core/pattern.hpp"
#include "core/process.hpp"

namespace oomguard {

/// The kernel's range of oom_score_adj (OOM_SCORE_ADJ_MIN and _MAX).
inline constexpr int kLowestScore = -1000;
inline constexpr int kHighestScore = 1000;
/// The lowest score at which the kernel's OOM killer can still choose a process.
inline constexpr int kLowestKillableScore = kLowestScore + 1;

/// What a rule wants of a process's oom_score_adj.
struct Value {
    enum class Kind {
        Exactly,    ///< the value itself
        AtMost,     ///< lowered to the limit, never raised
        AtLeast,    ///< raised to the limit, never lowered
        Unchanged,  ///< left as it is; the search ends
    };

    Kind kind = Kind::Unchanged;
    int limit = 0;

    /// The value to hold for a process that has `score` of its own.
    [[nodiscard]] int apply(int score) const;

    /// As in a rule file: "-900", "at_most: -500", "at_least: 300" or "unchanged".
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Value&, const Value&) = default;
};

/// What becomes of the descendants of a process that a rule holds, where no rule means them.
enum class Children {
    Reset,    ///< what they carry only by inheritance is taken from them again
    Include,  ///< they are held as the process itself, but for those that `except` means
    Inherit,  ///< left to the kernel, which copies the score at fork(2)
};

/// Whom a rule may protect: see may_protect() in trust.hpp.
enum class Trust {
    Verified,  ///< only who cannot have made himself look so
    Any,       ///< whoever matches
};

/// A user or a group that a rule names.
struct Principal {
    enum class Kind {
        User,   ///< the real uid
        Group,  ///< the real gid or a supplementary one
    };

    Kind kind = Kind::User;
    std::uint32_t id = 0;

    friend bool operator==(const Principal&, const Principal&) = default;
};

using Patterns = CompactList<Pattern>;

[[nodiscard]] bool any_matches(const Patterns& patterns, std::string_view text);

/// True if each of them matches just one text; false if there is none.
[[nodiscard]] bool are_exact(const Patterns& patterns);

/// The keys of a `match` or an `except`: every key that is present must hold, and a key holds if
/// any of its entries does. An empty list of patterns is an absent key.
struct Criteria {
    Patterns name;
    Patterns cmdline;
    Patterns exe;
    Patterns cgroup;
    Patterns unit;
    Patterns parent;
    Patterns ancestor;
    /// Absent key: nullopt. Empty: the rule names only users this machine does not have.
    std::optional<std::vector<Principal>> user;
};

/// Where a rule was written; lines count from 1.
struct Origin {
    std::shared_ptr<const std::string> file;  ///< one for all rules of the file
    unsigned line = 0;                        ///< 0: not in a file, which only says where from

    /// "/etc/oom-guardd/rules.d/10-mine.yaml:12", or without a line "(hold)"
    [[nodiscard]] std::string text() const;
};

/// Begins the names of rules that Hold makes, and of no other.
inline constexpr std::string_view kHoldPrefix = "hold ";

struct Rule {
    std::string name;
    std::string description;
    Origin origin;
    Criteria match;
    std::shared_ptr<const Criteria> except;  ///< none: absent
    Value value;
    Children children = Children::Reset;
    OomdPreference systemd_oomd = OomdPreference::None;
    Trust trust = Trust::Verified;
    bool broad = false;  ///< it may lower more than half of all processes
};

}  // namespace oomguard
