// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/process.hpp"
#include "core/rule.hpp"
#include "core/rule_screen.hpp"
#include "core/text_index.hpp"

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
/// by exact names are found through an index, and of the others those are tried of whose patterns
/// the process has the literals, so their number hardly matters.
class RuleSet {
  public:
    RuleSet() = default;
    explicit RuleSet(std::vector<Rule> rules);
    RuleSet(const RuleSet&) = delete;
    RuleSet& operator=(const RuleSet&) = delete;

    [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

    /// The index in rules() of a rule of this set; nullopt if it is none of them.
    [[nodiscard]] std::optional<std::size_t> index_of(const Rule& rule) const;

    /// Among the rules from this index on. Read the needed field and ask again, until the verdict
    /// is another one: at most once for each field.
    [[nodiscard]] Verdict find(const Snapshot& snapshot, std::size_t from = 0) const;

  private:
    std::vector<Rule> rules_;
    TextIndex by_name_;      // rules by exact names
    TextIndex by_cut_name_;  // those whose name is longer than comm can be, by what comm can be
    std::size_t first_named_ = 0;  // of all these; rules_.size() if there is none
    RuleScreen screen_;            // of the other rules
};

}  // namespace oomguard
