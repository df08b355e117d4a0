// SPDX-License-Identifier: MIT
#include "core/rule.hpp"

#include <algorithm>

namespace oomguard {

bool any_matches(const Patterns& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const Pattern& pattern) { return pattern.matches(text); });
}

bool are_exact(const Patterns& patterns) {
    return !patterns.empty() &&
           std::all_of(patterns.begin(), patterns.end(),
                       [](const Pattern& pattern) { return pattern.is_exact(); });
}

int Value::apply(int score) const {
    switch (kind) {
        case Kind::Exactly:
            return limit;
        case Kind::AtMost:
            return std::min(score, limit);
        case Kind::AtLeast:
            return std::max(score, limit);
        case Kind::Unchanged:
            break;
    }
    return score;
}

std::string Value::text() const {
    switch (kind) {
        case Kind::Exactly:
            return std::to_string(limit);
        case Kind::AtMost:
            return "at_most: " + std::to_string(limit);
        case Kind::AtLeast:
            return "at_least: " + std::to_string(limit);
        case Kind::Unchanged:
            break;
    }
    return "unchanged";
}

std::string Origin::text() const {
    return (file ? *file : std::string()) + (line == 0 ? "" : ":" + std::to_string(line));
}

}  // namespace oomguard
