// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/rule_number.hpp"

namespace oomguard {

/// Finds rules by a text. Texts are told apart by a hash alone: eight bytes for each, and rarely a
/// rule too many.
class TextIndex {
  public:
    struct Entry {
        std::string_view text;
        RuleNumber rule = 0;
    };

    TextIndex() = default;
    explicit TextIndex(std::span<const Entry> entries);

    /// The rules of the text, and perhaps others, ascending.
    [[nodiscard]] std::span<const RuleNumber> find(std::string_view text) const;

  private:
    std::vector<std::uint32_t> hashes_;  // ascending
    std::vector<RuleNumber> rules_;      // of each
};

}  // namespace oomguard
