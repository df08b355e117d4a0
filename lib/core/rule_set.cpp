// SPDX-License-Identifier: MIT
#include "core/rule_set.hpp"

#include <algorithm>
#include <array>
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

/// Walks several ascending lists as one, each index once.
template <std::size_t Count>
class Merge {
  public:
    explicit Merge(std::array<const std::vector<std::size_t>*, Count> lists) : lists_(lists) {}

    /// The next index, or kNoRule.
    std::size_t next() {
        std::size_t lowest = kNoRule;
        for (std::size_t list = 0; list < Count; ++list) {
            if (at_[list] < lists_[list]->size())
                lowest = std::min(lowest, (*lists_[list])[at_[list]]);
        }
        for (std::size_t list = 0; list < Count; ++list) {
            if (at_[list] < lists_[list]->size() && (*lists_[list])[at_[list]] == lowest)
                ++at_[list];
        }
        return lowest;
    }

  private:
    std::array<const std::vector<std::size_t>*, Count> lists_;
    std::array<std::size_t, Count> at_{};
};

}  // namespace

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
    first_indexed_ = rules_.size();
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        if (!has_exact_names_only(rules_[index])) {
            unindexed_.push_back(index);
            continue;
        }
        first_indexed_ = std::min(first_indexed_, index);
        for (const Pattern& name : rules_[index].match.name) {
            Indices& indices = by_name_[name.exact().substr(0, kLongestComm)];
            if (indices.empty() || indices.back() != index)
                indices.push_back(index);
        }
    }
}

const RuleSet::Indices& RuleSet::indexed_under(std::string_view name) const {
    static const Indices kNone;
    const auto found = by_name_.find(name.substr(0, kLongestComm));
    return found == by_name_.end() ? kNone : found->second;
}

Verdict RuleSet::find(const Snapshot& snapshot) const {
    const bool knows_exe = snapshot.has(Field::Exe);
    const Indices& by_comm = indexed_under(snapshot.comm);
    const Indices& by_exe = knows_exe ? indexed_under(executable_name(snapshot.exe)) : by_comm;

    Verdict verdict;
    std::size_t reached = rules_.size();
    Merge<3> candidates({&unindexed_, &by_comm, &by_exe});
    for (std::size_t rule = candidates.next(); rule != kNoRule; rule = candidates.next()) {
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
