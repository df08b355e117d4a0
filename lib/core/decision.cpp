// SPDX-License-Identifier: MIT
#include "core/decision.hpp"

#include <algorithm>

namespace oomguard {
namespace {

/// What the process carries by inheritance, if it has no other score by now.
std::optional<Written> carried(int current, const std::optional<Written>& inherited) {
    return inherited && inherited->value == current ? inherited : std::nullopt;
}

Decision without_rule(int current, const std::optional<Written>& written) {
    // What someone else has set since is theirs.
    if (!written || !written->accounts_for(current))
        return {.current = current, .original = current, .wanted = current};
    return {.kind = Decision::Kind::Release,
            .current = current,
            .original = written->original,
            .wanted = written->original,
            .write = written->original != current};
}

/// What a rule wants of a process, by the score that it has of its own.
struct Aim {
    Value value;
    int lowest = kLowestScore;

    [[nodiscard]] int of(int score) const { return std::max(value.apply(score), lowest); }
};

Decision hold(int original, const Aim& aim, int current, bool floor_lowered) {
    const int wanted = aim.of(original);
    return {.kind = Decision::Kind::Hold,
            .current = current,
            .original = original,
            .wanted = wanted,
            .floor_lowered = floor_lowered,
            .write = wanted != current,
            .clipped = aim.value.apply(original) < wanted};
}

}  // namespace

bool Written::accounts_for(int score) const {
    if (score == value)
        return true;
    // Below the value written last it takes privilege, unless an earlier one was lower.
    const bool is_within_reach = score >= value || value >= floor_before();
    return floor_lowered && score < floor_before() && is_within_reach;
}

std::optional<Written> Written::handed_down(int score) const {
    Written inherited = *this;
    inherited.value = score;
    if (accounts_for(score))
        return inherited;
    // A score below was set with privilege, and with it the floor.
    if (!floor_lowered || score < std::min(value, floor_before()))
        return std::nullopt;
    inherited.original = score;
    return inherited;
}

Decision decide(const std::optional<Value>& value, int current,
                const std::optional<Written>& written, const std::optional<Written>& inherited,
                int lowest) {
    if (!value && !written) {
        const auto burden = carried(current, inherited);
        if (burden && burden->is_owed())
            return {.kind = Decision::Kind::Disinherit,
                    .current = current,
                    .original = burden->original,
                    .wanted = burden->original,
                    .floor_lowered = burden->floor_lowered,
                    .write = burden->original != current};
    }
    if (!value || value->kind == Value::Kind::Unchanged)
        return without_rule(current, written);

    const Aim aim{*value, lowest};
    if (!written) {
        const auto burden = carried(current, inherited);
        return burden ? hold(burden->original, aim, current, burden->floor_lowered)
                      : hold(current, aim, current, false);
    }
    if (current == written->value)
        return hold(written->original, aim, current, written->floor_lowered);

    if (written->accounts_for(current)) {
        Decision decision = hold(written->original, aim, current, written->floor_lowered);
        decision.drift = decision.write;
        return decision;
    }
    // Changed by someone else since. A limit that the new value respects has nothing to hold: the
    // value is the process's own from now on.
    const int wanted = aim.of(current);
    const bool allowed = wanted == current && value->kind != Value::Kind::Exactly;
    // An original beyond the limit would lead to another value: it is no longer the process's own.
    const bool outdated = aim.of(written->original) != wanted;
    Decision decision = hold(allowed || outdated ? current : written->original, aim, current,
                             written->floor_lowered);
    decision.drift = decision.write;
    return decision;
}

}  // namespace oomguard
