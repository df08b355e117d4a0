// SPDX-License-Identifier: MIT
#include "core/decision.hpp"

namespace oomguard {
namespace {

Decision without_rule(int current, const std::optional<Written>& written) {
    // What someone else has set since is theirs.
    if (!written || current != written->value)
        return {.original = current, .wanted = current};
    return {.kind = Decision::Kind::Release,
            .original = written->original,
            .wanted = written->original,
            .write = written->original != current};
}

Decision hold(int original, int wanted, int current, bool drift = false) {
    return {.kind = Decision::Kind::Hold,
            .original = original,
            .wanted = wanted,
            .write = wanted != current,
            .drift = drift};
}

}  // namespace

Decision decide(const std::optional<Value>& value, int current,
                const std::optional<Written>& written, const std::optional<Written>& inherited) {
    if (!value || value->kind == Value::Kind::Unchanged)
        return without_rule(current, written);

    if (!written) {
        const bool from_parent = inherited && inherited->value == current;
        const int original = from_parent ? inherited->original : current;
        return hold(original, value->apply(original), current);
    }
    if (current == written->value)
        return hold(written->original, value->apply(written->original), current);

    // Changed by someone else since. A limit that the new value respects has nothing to hold: the
    // value is the process's own from now on.
    const int wanted = value->apply(current);
    const bool allowed = wanted == current && value->kind != Value::Kind::Exactly;
    // An original beyond the limit would lead to another value the next time: see above.
    const bool outdated = value->apply(written->original) != wanted;
    const int original = allowed || outdated ? current : written->original;
    return hold(original, wanted, current, wanted != current);
}

}  // namespace oomguard
