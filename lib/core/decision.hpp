// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard {

/// Whose descendant a process is, for rules with `children: include`.
struct Descent {
    ProcessId root;    ///< one that a rule matched
    std::string rule;  ///< its name

    friend bool operator==(const Descent&, const Descent&) = default;
};

/// What is remembered of a process whose score we set: the value before the first write, the value
/// written last, whether any write since took the kernel's floor along (oom_score_adj_min, below
/// which the process may not set its own score), and its descent.
struct Written {
    int original = 0;
    int value = 0;
    bool floor_lowered = false;
    std::optional<Descent> descent = std::nullopt;

    /// True if there is something to give back.
    [[nodiscard]] bool is_owed() const { return original != value || floor_lowered; }

    /// The floor that is given back, and is taken to have been there before: it cannot be read.
    [[nodiscard]] int floor_before() const { return std::min(original, 0); }

    /// True if `score` is by our doing: the value written last, or one that the process could set
    /// only because a write of ours had lowered its floor.
    [[nodiscard]] bool accounts_for(int score) const;

    /// What a child has of this that was forked since and has this score by now: score and floor,
    /// or the floor alone with a score of its own. nullopt if it has nothing of it.
    [[nodiscard]] std::optional<Written> handed_down(int score) const;

    friend bool operator==(const Written&, const Written&) = default;
};

/// What to do about one process.
struct Decision {
    enum class Kind {
        LeaveAlone,  ///< no rule, nothing of ours on it
        Hold,        ///< a rule's value is to be held
        Release,     ///< no rule any more: `wanted` is the original to give back
        Disinherit,  ///< no rule, and the score is another's: `wanted` is the one before
    };

    Kind kind = Kind::LeaveAlone;
    int current = 0;  ///< the score for which this was decided
    int original = 0;
    int wanted = 0;
    /// Hold: so it was by an earlier write, to the process or to the parent it inherited from.
    bool floor_lowered = false;
    bool write = false;    ///< the current value differs from `wanted`
    bool drift = false;    ///< Hold: someone else changed a value that we had written
    bool clipped = false;  ///< Hold: less than `lowest` is wanted, and `lowest` is held
};

/// Decides for a process whose score is `current`.
/// - `value`: what its rule wants; nullopt if no rule matches. `Unchanged` is like no rule.
/// - `written`: what we wrote to it before, if we did.
/// - `inherited`: the same of the process that forked it. A child forked from a held process
///   carries that one's value; its original is that one's.
/// - `lowest`: the lowest score that may be held, whatever the rule and the process want.
[[nodiscard]] Decision decide(const std::optional<Value>& value, int current,
                              const std::optional<Written>& written,
                              const std::optional<Written>& inherited, int lowest = kLowestScore);

}  // namespace oomguard
