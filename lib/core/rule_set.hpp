// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard {

/// The outcome of a search: the first rule that matches, no rule, or the field to read before it
/// can be told.
struct Verdict {
    enum class Kind { Unmatched, Needs, Matched };

    Kind kind = Kind::Unmatched;
    std::size_t rule = 0;               ///< Matched: index in RuleSet::rules()
    Field needed = Field::Credentials;  ///< Needs
};

/// Rules in the order in which they are tried; the first that matches decides. Immutable. Rules
/// by exact names are found through an index, so their number hardly matters.
class RuleSet {
  public:
    RuleSet() = default;
    explicit RuleSet(std::vector<Rule> rules);
    // The index refers to the rules.
    RuleSet(const RuleSet&) = delete;
    RuleSet& operator=(const RuleSet&) = delete;

    [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

    /// Read the needed field and ask again, until the verdict is another one: at most once for
    /// each field.
    [[nodiscard]] Verdict find(const Snapshot& snapshot) const;

  private:
    using Indices = std::vector<std::size_t>;

    /// A name that a rule is indexed under, cut as comm is, so that a longer one is found under its
    /// comm. The text is the rule's own.
    struct Indexed {
        std::string_view name;
        std::size_t rule;
    };

    [[nodiscard]] std::span<const Indexed> indexed_under(std::string_view name) const;
    [[nodiscard]] std::size_t next_candidate(std::size_t from, std::span<const Indexed> by_comm,
                                             std::span<const Indexed> by_exe) const;

    std::vector<Rule> rules_;
    Indices unindexed_;
    std::vector<Indexed> by_name_;   // sorted
    std::size_t first_indexed_ = 0;  // rules_.size() if there is none
};

}  // namespace oomguard
