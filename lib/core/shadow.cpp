// SPDX-License-Identifier: MIT
#include "core/shadow.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace oomguard {
namespace {

constexpr std::array kPatternKeys = {&Criteria::cmdline, &Criteria::exe,    &Criteria::cgroup,
                                     &Criteria::unit,    &Criteria::parent, &Criteria::ancestor};

bool any_covers(const Patterns& patterns, const Pattern& other) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const Pattern& pattern) { return pattern.covers(other); });
}

bool has_everything(const Patterns& patterns) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [](const Pattern& pattern) { return pattern.matches_everything(); });
}

bool has_every_path(const Patterns& patterns) {
    return has_everything(patterns) ||
           std::any_of(patterns.begin(), patterns.end(),
                       [](const Pattern& pattern) { return pattern.text() == "/**"; });
}

/// Whether a text that one of `others` matches is always matched by one of `patterns`.
bool all_covered(const Patterns& patterns, const Patterns& others) {
    return !others.empty() && std::all_of(others.begin(), others.end(), [&](const Pattern& other) {
        return any_covers(patterns, other);
    });
}

/// A process always has a comm and arguments, if empty ones; what else cannot be read matches
/// nothing, not even "*".
bool is_always_true(const Criteria& criteria, Patterns Criteria::*key) {
    const bool is_always_there = key == &Criteria::name || key == &Criteria::cmdline;
    return (criteria.*key).empty() || (is_always_there && has_everything(criteria.*key));
}

bool is_user_implied(const Criteria& by, const Criteria& criteria) {
    if (!criteria.user)
        return true;
    return by.user && std::all_of(by.user->begin(), by.user->end(), [&](const Principal& one) {
               return std::find(criteria.user->begin(), criteria.user->end(), one) !=
                      criteria.user->end();
           });
}

/// Whether all keys of `criteria` but the name hold wherever those of `by` do.
bool are_others_implied(const Criteria& by, const Criteria& criteria) {
    return is_user_implied(by, criteria) &&
           std::all_of(kPatternKeys.begin(), kPatternKeys.end(), [&](auto key) {
               return is_always_true(criteria, key) || all_covered(criteria.*key, by.*key);
           });
}

bool is_implied(const Criteria& by, const Criteria& criteria) {
    return are_others_implied(by, criteria) &&
           (is_always_true(criteria, &Criteria::name) || all_covered(criteria.name, by.name));
}

/// Whether what the later rule matches by a name that `name` matches (nullptr: by any name), the
/// earlier one matches too.
bool takes(const Rule& earlier, const Rule& later, const Pattern* name) {
    const bool is_named = is_always_true(earlier.match, &Criteria::name) ||
                          (name != nullptr && any_covers(earlier.match.name, *name));
    return is_named && are_others_implied(later.match, earlier.match) &&
           (!earlier.except || (later.except && is_implied(*earlier.except, *later.except)));
}

/// Looks for who takes what a rule matches, among those before it.
class Search {
  public:
    /// Empty if there is none for part of it.
    std::vector<std::size_t> takers(const std::vector<Rule>& rules, const Rule& rule) {
        std::vector<std::size_t> found;
        const Patterns& names = rule.match.name;
        // One that names nobody was told when it was loaded.
        if (rule.match.user && rule.match.user->empty())
            return found;
        const Pattern* name = names.empty() ? nullptr : names.begin();
        do {
            const auto taker = first_taker(rules, rule, name);
            if (!taker)
                return {};
            if (std::find(found.begin(), found.end(), *taker) == found.end())
                found.push_back(*taker);
        } while (name != nullptr && ++name != names.end());
        std::sort(found.begin(), found.end());
        return found;
    }

    void add(const Rule& rule, std::size_t index) {
        if (!are_exact(rule.match.name)) {
            others_.push_back(index);
            return;
        }
        for (const Pattern& name : rule.match.name)
            by_name_[name.exact()].push_back(index);
    }

  private:
    // Some seconds.
    static constexpr std::size_t kMostTrials = 20'000'000;

    std::optional<std::size_t> first_taker(const std::vector<Rule>& rules, const Rule& rule,
                                           const Pattern* name) {
        const auto first_of = [&](const std::vector<std::size_t>& earlier) {
            for (const std::size_t index : earlier) {
                if (++trials_ > kMostTrials)
                    break;
                if (takes(rules[index], rule, name))
                    return std::optional(index);
            }
            return std::optional<std::size_t>();
        };
        std::optional<std::size_t> first = first_of(others_);
        if (name == nullptr || !name->is_exact())
            return first;
        if (const auto named = by_name_.find(name->exact()); named != by_name_.end()) {
            const auto taker = first_of(named->second);
            if (!first || (taker && *taker < *first))
                first = taker;
        }
        return first;
    }

    std::unordered_map<std::string_view, std::vector<std::size_t>> by_name_;
    std::vector<std::size_t> others_;  // of which the names are not all exact
    std::size_t trials_ = 0;
};

}  // namespace

Shadowing find_shadowing(const std::vector<Rule>& rules) {
    std::vector<std::vector<std::size_t>> shadowing;
    shadowing.reserve(rules.size());
    Search search;
    for (std::size_t index = 0; index < rules.size(); ++index) {
        shadowing.push_back(search.takers(rules, rules[index]));
        search.add(rules[index], index);
    }
    return shadowing;
}

bool hold_for_all(const Criteria& criteria) {
    return !criteria.user && is_always_true(criteria, &Criteria::name) &&
           is_always_true(criteria, &Criteria::cmdline) &&
           (criteria.exe.empty() || has_every_path(criteria.exe)) &&
           (criteria.cgroup.empty() || has_every_path(criteria.cgroup)) && criteria.unit.empty() &&
           criteria.parent.empty() && criteria.ancestor.empty();
}

}  // namespace oomguard
