// SPDX-License-Identifier: MIT
#include "core/rule_screen.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/match.hpp"

namespace oomguard {
namespace {

using Place = RuleScreen::Place;

// An index of fewer rules costs more than it spares.
constexpr std::size_t kFewestRules = 4;

struct PlacedKey {
    Patterns Criteria::*patterns;
    Place place;
};

/// From what tells most and is cheapest to read. A unit is a part of the cgroup's path.
constexpr std::array kKeys = {
    PlacedKey{&Criteria::name, Place::Name},     PlacedKey{&Criteria::unit, Place::Cgroup},
    PlacedKey{&Criteria::exe, Place::Exe},       PlacedKey{&Criteria::cmdline, Place::Cmdline},
    PlacedKey{&Criteria::cgroup, Place::Cgroup},
};

std::size_t index_of(Place place) {
    return static_cast<std::size_t>(place);
}

/// A key of a rule by which it can be screened: what each of its patterns requires.
struct Requirement {
    Place place = Place::Name;
    std::vector<std::vector<LiteralGroup>> patterns;
};

std::optional<Requirement> requirement(const Patterns& patterns, Place place) {
    Requirement requirement{place, {}};
    for (const Pattern& pattern : patterns) {
        requirement.patterns.push_back(pattern.required_literals());
        if (requirement.patterns.back().empty())
            return std::nullopt;
    }
    if (patterns.empty())
        return std::nullopt;
    return requirement;
}

/// How many patterns require each literal. One that many require tells little.
class Shares {
  public:
    void count(const Requirement& requirement) {
        for (const auto& groups : requirement.patterns) {
            for (const LiteralGroup& group : groups) {
                for (const std::string& literal : group)
                    ++counts_[index_of(requirement.place)][literal];
            }
        }
    }

    /// Of the literal of the group that most patterns require.
    [[nodiscard]] std::size_t most(Place place, const LiteralGroup& group) const {
        std::size_t most = 0;
        for (const std::string& literal : group)
            most = std::max(most, counts_[index_of(place)].at(literal));
        return most;
    }

    /// The group that tells most; of two alike the one whose first literal is longer.
    [[nodiscard]] const LiteralGroup& best(Place place,
                                           const std::vector<LiteralGroup>& groups) const {
        return *std::min_element(groups.begin(), groups.end(),
                                 [&](const LiteralGroup& a, const LiteralGroup& b) {
                                     return std::pair(most(place, a), b.front().size()) <
                                            std::pair(most(place, b), a.front().size());
                                 });
    }

    /// The same of a whole key, as far as its worst pattern tells.
    [[nodiscard]] std::size_t most(const Requirement& requirement) const {
        std::size_t worst = 0;
        for (const auto& groups : requirement.patterns)
            worst = std::max(worst, most(requirement.place, best(requirement.place, groups)));
        return worst;
    }

  private:
    std::array<std::unordered_map<std::string, std::size_t>, RuleScreen::kPlaceCount> counts_;
};

/// The literals that a rule is found by.
struct Screened {
    RuleNumber rule = 0;
    Place place = Place::Name;
    LiteralGroup literals;
};

/// By the key that tells most; nothing for a rule without one.
std::optional<Screened> screened(RuleNumber rule, const std::vector<Requirement>& requirements,
                                 const Shares& shares) {
    const Requirement* chosen = nullptr;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const Requirement& one : requirements) {
        if (const std::size_t most = shares.most(one); most < least) {
            chosen = &one;
            least = most;
        }
    }
    if (chosen == nullptr)
        return std::nullopt;
    Screened screened{rule, chosen->place, {}};
    for (const auto& groups : chosen->patterns) {
        const LiteralGroup& group = shares.best(chosen->place, groups);
        screened.literals.insert(screened.literals.end(), group.begin(), group.end());
    }
    return screened;
}

std::vector<Requirement> requirements_of(const Rule& rule) {
    std::vector<Requirement> requirements;
    for (const PlacedKey& key : kKeys) {
        if (auto one = requirement(rule.match.*key.patterns, key.place))
            requirements.push_back(*std::move(one));
    }
    return requirements;
}

}  // namespace

RuleScreen::RuleScreen(const std::vector<Rule>& rules, std::vector<RuleNumber> numbers)
    : others_(std::move(numbers)) {
    if (others_.size() < kFewestRules)
        return;
    std::vector<std::vector<Requirement>> requirements;
    Shares shares;
    for (const RuleNumber number : others_) {
        requirements.push_back(requirements_of(rules[number]));
        for (const Requirement& one : requirements.back())
            shares.count(one);
    }
    std::array<std::vector<Screened>, kPlaceCount> by_place;
    std::vector<RuleNumber> others;
    for (std::size_t index = 0; index < others_.size(); ++index) {
        const auto one = screened(others_[index], requirements[index], shares);
        if (one)
            by_place[index_of(one->place)].push_back(*one);
        else
            others.push_back(others_[index]);
    }
    for (std::size_t place = 0; place < kPlaceCount; ++place) {
        std::vector<LiteralIndex::Entry> entries;
        for (Screened& one : by_place[place]) {
            if (by_place[place].size() < kFewestRules)
                others.push_back(one.rule);
            else
                for (std::string& literal : one.literals)
                    entries.push_back({std::move(literal), one.rule});
        }
        indices_[place] = LiteralIndex(std::move(entries));
    }
    std::sort(others.begin(), others.end());
    others_.assign(others.begin(), others.end());
    others_.shrink_to_fit();
}

RuleScreen::Search::Search(const RuleScreen& screen, const Snapshot& snapshot) {
    const auto look = [&](Place place, bool is_known, std::initializer_list<std::string_view> in) {
        const std::size_t index = index_of(place);
        const LiteralIndex& literals = screen.indices_[index];
        lists_[index] = literals.rules();
        if (!is_known || literals.rules().empty())
            return;
        for (const std::string_view text : in)
            literals.search(text, hits_[index]);
        lists_[index] = hits_[index].rules();
    };
    const bool knows_cmdline = snapshot.has(Field::Cmdline);
    const bool is_cut = may_be_cut(snapshot);
    look(Place::Name, snapshot.has(Field::Exe) && (!is_cut || knows_cmdline),
         {snapshot.comm, executable_name(snapshot.exe),
          is_cut ? std::string_view(snapshot.script_name) : std::string_view()});
    look(Place::Exe, snapshot.has(Field::Exe), {snapshot.exe});
    look(Place::Cgroup, snapshot.has(Field::Cgroup), {snapshot.cgroup});
    look(Place::Cmdline, knows_cmdline, {snapshot.cmdline});
    lists_.back() = screen.others_;
}

}  // namespace oomguard
