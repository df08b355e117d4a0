// SPDX-License-Identifier: MIT
#include "core/rule_set.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/match.hpp"

namespace oomguard {
namespace {

constexpr std::size_t kNoRule = static_cast<std::size_t>(-1);

bool has_exact_names_only(const Rule& rule) {
    const auto& names = rule.match.name;
    return !names.empty() && std::all_of(names.begin(), names.end(),
                                         [](const Pattern& name) { return name.is_exact(); });
}

}  // namespace

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
    first_indexed_ = rules_.size();
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        if (!has_exact_names_only(rules_[index])) {
            unindexed_.push_back(index);
            continue;
        }
        first_indexed_ = std::min(first_indexed_, index);
        for (const Pattern& name : rules_[index].match.name)
            by_name_.push_back({std::string_view(name.exact()).substr(0, kLongestComm), index});
    }
    std::sort(by_name_.begin(), by_name_.end(), [](const Indexed& a, const Indexed& b) {
        return std::tie(a.name, a.rule) < std::tie(b.name, b.rule);
    });
    by_name_.shrink_to_fit();
}

std::span<const RuleSet::Indexed> RuleSet::indexed_under(std::string_view name) const {
    const auto [begin, end] =
        std::equal_range(by_name_.begin(), by_name_.end(), Indexed{name.substr(0, kLongestComm), 0},
                         [](const Indexed& a, const Indexed& b) { return a.name < b.name; });
    return {begin, end};
}

/// The next of the indices, ascending, that is `from` or later; kNoRule if there is none.
std::size_t RuleSet::next_candidate(std::size_t from, std::span<const Indexed> by_comm,
                                    std::span<const Indexed> by_exe) const {
    std::size_t next = kNoRule;
    const auto other = std::lower_bound(unindexed_.begin(), unindexed_.end(), from);
    if (other != unindexed_.end())
        next = *other;
    for (const auto& indexed : {by_comm, by_exe}) {
        const auto found =
            std::lower_bound(indexed.begin(), indexed.end(), from,
                             [](const Indexed& one, std::size_t rule) { return one.rule < rule; });
        if (found != indexed.end())
            next = std::min(next, found->rule);
    }
    return next;
}

Verdict RuleSet::find(const Snapshot& snapshot) const {
    const bool knows_exe = snapshot.has(Field::Exe);
    const auto by_comm = indexed_under(snapshot.comm);
    const auto by_exe =
        knows_exe ? indexed_under(executable_name(snapshot.exe)) : std::span<const Indexed>();

    Verdict verdict;
    std::size_t reached = rules_.size();
    for (std::size_t rule = next_candidate(0, by_comm, by_exe); rule != kNoRule;
         rule = next_candidate(rule + 1, by_comm, by_exe)) {
        const Truth truth = matches(rules_[rule], snapshot);
        if (truth.kind == Truth::Kind::No)
            continue;
        reached = rule;
        verdict = truth.kind == Truth::Kind::Yes
                      ? Verdict{.kind = Verdict::Kind::Matched, .rule = rule}
                      : Verdict{.kind = Verdict::Kind::Needs, .needed = truth.needed};
        break;
    }
    // A rule before this one may be named after the executable.
    if (!knows_exe && first_indexed_ < reached)
        return {.kind = Verdict::Kind::Needs, .needed = Field::Exe};
    return verdict;
}

}  // namespace oomguard
