// SPDX-License-Identifier: MIT
#include "core/rule_set.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "core/match.hpp"

namespace oomguard {
namespace {

constexpr RuleNumber kNoRule = std::numeric_limits<RuleNumber>::max();

/// The numbers of several ascending lists, ascending.
class Candidates {
  public:
    void add(std::span<const RuleNumber> list) {
        if (!list.empty())
            lists_.at(count_++) = list;
    }

    /// The next that is `from` or higher; kNoRule if there is none. What is lower is gone.
    RuleNumber next(RuleNumber from) {
        RuleNumber next = kNoRule;
        for (auto& list : std::span(lists_).first(count_)) {
            while (!list.empty() && list.front() < from)
                list = list.subspan(1);
            if (!list.empty())
                next = std::min(next, list.front());
        }
        return next;
    }

  private:
    // What a screen gives, and names by comm, executable and script.
    static constexpr std::size_t kMostLists = RuleScreen::kPlaceCount + 1 + 3;

    std::array<std::span<const RuleNumber>, kMostLists> lists_;
    std::size_t count_ = 0;
};

}  // namespace

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
    first_named_ = rules_.size();
    std::vector<TextIndex::Entry> names;
    std::vector<TextIndex::Entry> cut_names;
    std::vector<RuleNumber> others;
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        const auto number = static_cast<RuleNumber>(index);
        if (!are_exact(rules_[index].match.name)) {
            others.push_back(number);
            continue;
        }
        first_named_ = std::min(first_named_, index);
        for (const Pattern& pattern : rules_[index].match.name) {
            const std::string_view name = pattern.exact();
            names.push_back({name, number});
            if (name.size() > kLongestComm)
                cut_names.push_back({name.substr(0, kLongestComm), number});
        }
    }
    by_name_ = TextIndex(names);
    by_cut_name_ = TextIndex(cut_names);
    screen_ = RuleScreen(rules_, std::move(others));
}

std::optional<std::size_t> RuleSet::index_of(const Rule& rule) const {
    const Rule* const first = rules_.data();
    // Unlike the operators, std::less orders pointers into other arrays too.
    const std::less<> is_before;
    if (is_before(&rule, first) || !is_before(&rule, first + rules_.size()))
        return std::nullopt;
    return static_cast<std::size_t>(&rule - first);
}

Verdict RuleSet::find(const Snapshot& snapshot, std::size_t from) const {
    const bool knows_exe = snapshot.has(Field::Exe);
    const RuleScreen::Search screened(screen_, snapshot);
    Candidates candidates;
    for (const auto& list : screened.lists())
        candidates.add(list);
    candidates.add(by_name_.find(snapshot.comm));
    if (knows_exe) {
        candidates.add(by_name_.find(executable_name(snapshot.exe)));
        if (may_be_cut(snapshot))
            candidates.add(snapshot.has(Field::Cmdline) ? by_name_.find(snapshot.script_name)
                                                        : by_cut_name_.find(snapshot.comm));
    }

    Verdict verdict;
    std::size_t reached = rules_.size();
    const auto first = static_cast<RuleNumber>(from);
    for (RuleNumber rule = candidates.next(first); rule != kNoRule;
         rule = candidates.next(rule + 1)) {
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
    if (!knows_exe && first_named_ < reached)
        return {.kind = Verdict::Kind::Needs, .needed = Field::Exe};
    return verdict;
}

}  // namespace oomguard
