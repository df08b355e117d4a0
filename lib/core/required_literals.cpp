// SPDX-License-Identifier: MIT
#include "core/required_literals.hpp"

#include <algorithm>

#include <re2/filtered_re2.h>
#include <re2/re2.h>

namespace oomguard {
namespace {

// Of an expression with more of them the filter would hardly spare anything.
constexpr std::size_t kMostLiterals = 16;

/// Beyond ASCII, what is matched may be another text than the one that is searched (see
/// Pattern::matches), and letters have more cases than two.
bool is_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

}  // namespace

std::vector<LiteralGroup> required_literals(const re2::RE2& expression) {
    re2::FilteredRE2 filter(static_cast<int>(kShortestLiteral));
    int id = 0;
    LiteralGroup literals;
    if (filter.Add(expression.pattern(), expression.options(), &id) != re2::RE2::NoError)
        return {};
    filter.Compile(&literals);
    if (literals.empty() || literals.size() > kMostLiterals)
        return {};

    // The filter tells only whether a match is possible with some of the literals.
    const auto is_possible = [&filter](const std::vector<int>& found) {
        std::vector<int> possible;
        filter.AllPotentials(found, &possible);
        return !possible.empty();
    };
    if (is_possible({}))
        return {};
    std::vector<LiteralGroup> groups;
    for (std::size_t without = 0; without < literals.size(); ++without) {
        std::vector<int> others;
        for (std::size_t other = 0; other < literals.size(); ++other) {
            if (other != without)
                others.push_back(static_cast<int>(other));
        }
        if (is_ascii(literals[without]) && !is_possible(others))
            groups.push_back({literals[without]});
    }
    if (groups.empty() && std::all_of(literals.begin(), literals.end(), is_ascii))
        groups.push_back(std::move(literals));
    return groups;
}

}  // namespace oomguard
