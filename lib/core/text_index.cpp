// SPDX-License-Identifier: MIT
#include "core/text_index.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

namespace oomguard {
namespace {

std::uint32_t hash_of(std::string_view text) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
}

}  // namespace

TextIndex::TextIndex(std::span<const Entry> entries) {
    std::vector<std::pair<std::uint32_t, RuleNumber>> sorted;
    sorted.reserve(entries.size());
    for (const Entry& entry : entries)
        sorted.emplace_back(hash_of(entry.text), entry.rule);
    std::sort(sorted.begin(), sorted.end());
    hashes_.reserve(sorted.size());
    rules_.reserve(sorted.size());
    for (const auto& [hash, rule] : sorted) {
        hashes_.push_back(hash);
        rules_.push_back(rule);
    }
}

std::span<const RuleNumber> TextIndex::find(std::string_view text) const {
    const auto [begin, end] = std::equal_range(hashes_.begin(), hashes_.end(), hash_of(text));
    const auto first = static_cast<std::size_t>(begin - hashes_.begin());
    return std::span(rules_).subspan(first, static_cast<std::size_t>(end - begin));
}

}  // namespace oomguard
