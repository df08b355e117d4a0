// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/rule_number.hpp"

namespace oomguard {

/// Finds the rules of which a text holds a literal, in time linear in the text, however many
/// literals there are and whatever the text: an automaton after Aho and Corasick. ASCII letters of
/// the text count as lower case.
class LiteralIndex {
  public:
    /// A rule, and one of the literals that it is found by.
    struct Entry {
        std::string literal;  ///< not empty
        RuleNumber rule = 0;
    };

    /// What was found in one or more texts.
    class Hits {
      public:
        /// Ascending, each once.
        [[nodiscard]] std::span<const RuleNumber> rules();

      private:
        friend class LiteralIndex;

        std::vector<bool> seen_;  // by literal; empty until the first
        std::vector<RuleNumber> rules_;
    };

    LiteralIndex() = default;
    explicit LiteralIndex(std::vector<Entry> entries);

    /// All rules, ascending.
    [[nodiscard]] std::span<const RuleNumber> rules() const { return rules_; }

    /// Adds the rules of which the text holds a literal.
    void search(std::string_view text, Hits& hits) const;

  private:
    using StateNumber = std::uint32_t;

    static constexpr StateNumber kRoot = 0;
    static constexpr std::uint32_t kNoLiteral = static_cast<std::uint32_t>(-1);

    /// What the text ends with so far: the beginning of one or more literals. Numbered by length,
    /// and the children of a state, which are one byte longer, one after the other.
    struct State {
        StateNumber first_child = 0;
        StateNumber shorter = kRoot;  ///< the longest other state that the text ends with as well
        StateNumber ending = kRoot;   ///< this or the longest shorter one that is a whole literal
        std::uint32_t literal = kNoLiteral;  ///< that this one is
    };

    void build(const std::vector<Entry>& entries);
    void add_child(StateNumber parent, char byte);
    [[nodiscard]] StateNumber child(StateNumber parent, char byte) const;
    [[nodiscard]] StateNumber next(StateNumber state, char byte) const;
    void add_hits(StateNumber ending, Hits& hits) const;

    std::vector<RuleNumber> rules_;
    std::vector<RuleNumber> by_literal_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> rules_of_literal_;  // range of by_literal_
    std::vector<State> states_;  // and one more, whose first child is the end of the last one's
    std::vector<char> bytes_;    // by state: the byte that leads to it
    std::array<StateNumber, 256> from_root_{};
};

}  // namespace oomguard
