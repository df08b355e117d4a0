// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/literal_index.hpp"
#include "core/process.hpp"
#include "core/rule.hpp"
#include "core/rule_number.hpp"

namespace oomguard {

/// Leaves out rules that a process cannot match because no text of it holds what their patterns
/// require, so that few expressions have to be tried. It can only spare work: what it leaves out
/// does not match, whatever else may be read of the process.
class RuleScreen {
  public:
    /// Texts of a process that literals are looked for in.
    enum class Place { Name, Exe, Cgroup, Cmdline };
    static constexpr std::size_t kPlaceCount = 4;

    /// The rules that a process may match, as ascending lists without a rule in common.
    class Search {
      public:
        Search(const RuleScreen& screen, const Snapshot& snapshot);
        // The lists are its own.
        Search(const Search&) = delete;
        Search& operator=(const Search&) = delete;

        [[nodiscard]] std::span<const std::span<const RuleNumber>> lists() const { return lists_; }

      private:
        std::array<LiteralIndex::Hits, kPlaceCount> hits_;
        std::array<std::span<const RuleNumber>, kPlaceCount + 1> lists_;
    };

    RuleScreen() = default;

    /// For the rules of these numbers, which are ascending.
    RuleScreen(const std::vector<Rule>& rules, std::vector<RuleNumber> numbers);

  private:
    std::array<LiteralIndex, kPlaceCount> indices_;
    std::vector<RuleNumber> others_;
};

}  // namespace oomguard
