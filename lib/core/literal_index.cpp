// SPDX-License-Identifier: MIT
#include "core/literal_index.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "core/text.hpp"

namespace oomguard {
namespace {

void sort_once_each(std::vector<RuleNumber>& rules) {
    std::sort(rules.begin(), rules.end());
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
}

}  // namespace

std::span<const RuleNumber> LiteralIndex::Hits::rules() {
    sort_once_each(rules_);
    return rules_;
}

LiteralIndex::LiteralIndex(std::vector<Entry> entries) {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.literal, a.rule) < std::tie(b.literal, b.rule);
    });
    by_literal_.reserve(entries.size());
    for (const Entry& entry : entries)
        by_literal_.push_back(entry.rule);
    rules_ = by_literal_;
    sort_once_each(rules_);
    build(entries);
}

/// Breadth first: a state is a range of the sorted entries, which begin alike.
void LiteralIndex::build(const std::vector<Entry>& entries) {
    struct Range {
        std::size_t begin;
        std::size_t end;
        std::size_t depth;
    };
    std::vector<Range> ranges = {{0, entries.size(), 0}};
    states_.emplace_back();
    bytes_.push_back('\0');
    for (std::size_t number = 0; number < ranges.size(); ++number) {
        const auto parent = static_cast<StateNumber>(number);
        auto [begin, end, depth] = ranges[number];
        states_[parent].first_child = static_cast<StateNumber>(states_.size());
        states_[parent].ending = states_[states_[parent].shorter].ending;
        const std::size_t whole = begin;
        while (begin < end && depth > 0 && entries[begin].literal.size() == depth)
            ++begin;
        if (begin > whole) {
            states_[parent].ending = parent;
            states_[parent].literal = static_cast<std::uint32_t>(rules_of_literal_.size());
            rules_of_literal_.push_back(
                {static_cast<std::uint32_t>(whole), static_cast<std::uint32_t>(begin)});
        }
        while (begin < end) {
            const char byte = entries[begin].literal[depth];
            const std::size_t first = begin;
            while (begin < end && entries[begin].literal[depth] == byte)
                ++begin;
            ranges.push_back({first, begin, depth + 1});
            add_child(parent, byte);
        }
    }
    states_.push_back({.first_child = static_cast<StateNumber>(states_.size())});
    states_.shrink_to_fit();
    bytes_.shrink_to_fit();
    rules_of_literal_.shrink_to_fit();
}

void LiteralIndex::add_child(StateNumber parent, char byte) {
    const auto added = static_cast<StateNumber>(states_.size());
    State state;
    if (parent == kRoot)
        from_root_[static_cast<unsigned char>(byte)] = added;
    else
        state.shorter = next(states_[parent].shorter, byte);
    states_.push_back(state);
    bytes_.push_back(byte);
}

/// The child of a state other than the root; kRoot if it has none for the byte.
LiteralIndex::StateNumber LiteralIndex::child(StateNumber parent, char byte) const {
    const StateNumber first = states_[parent].first_child;
    const StateNumber count = states_[parent + 1].first_child - first;
    if (count == 0)
        return kRoot;
    const void* const found = std::memchr(&bytes_[first], byte, count);
    if (found == nullptr)
        return kRoot;
    return static_cast<StateNumber>(static_cast<const char*>(found) - bytes_.data());
}

LiteralIndex::StateNumber LiteralIndex::next(StateNumber state, char byte) const {
    while (state != kRoot) {
        if (const StateNumber found = child(state, byte); found != kRoot)
            return found;
        state = states_[state].shorter;
    }
    return from_root_[static_cast<unsigned char>(byte)];
}

void LiteralIndex::search(std::string_view text, Hits& hits) const {
    if (rules_.empty())
        return;
    StateNumber state = kRoot;
    for (const char byte : text) {
        state = next(state, in_lower_case(byte));
        if (const StateNumber ending = states_[state].ending; ending != kRoot)
            add_hits(ending, hits);
    }
}

void LiteralIndex::add_hits(StateNumber ending, Hits& hits) const {
    if (hits.seen_.empty())
        hits.seen_.resize(rules_of_literal_.size());
    while (ending != kRoot) {
        const std::uint32_t literal = states_[ending].literal;
        // Whatever the text ends with as well was seen with it.
        if (hits.seen_[literal])
            return;
        hits.seen_[literal] = true;
        const auto [begin, end] = rules_of_literal_[literal];
        hits.rules_.insert(hits.rules_.end(), by_literal_.begin() + begin,
                           by_literal_.begin() + end);
        ending = states_[states_[ending].shorter].ending;
    }
}

}  // namespace oomguard
