// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
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

    [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

    /// Read the needed field and ask again, until the verdict is another one: at most once for
    /// each field.
    [[nodiscard]] Verdict find(const Snapshot& snapshot) const;

  private:
    using Indices = std::vector<std::size_t>;

    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>()(name);
        }
    };

    [[nodiscard]] const Indices& indexed_under(std::string_view name) const;

    std::vector<Rule> rules_;
    Indices unindexed_;
    // The key is cut as comm is, so that a name longer than that is found under its comm.
    std::unordered_map<std::string, Indices, NameHash, std::equal_to<>> by_name_;
    std::size_t first_indexed_ = 0;  // rules_.size() if there is none
};

}  // namespace oomguard
