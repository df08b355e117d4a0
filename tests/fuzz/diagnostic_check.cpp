// SPDX-License-Identifier: MIT
#include "diagnostic_check.hpp"

#include <algorithm>
#include <tuple>

#include "core/text.hpp"
#include "require.hpp"

namespace oomguard::config {
namespace {

bool is_clean(std::string_view text, std::string_view allowed) {
    std::string rest(text);
    std::erase_if(rest, [&](char byte) { return allowed.find(byte) != std::string_view::npos; });
    return printable(rest) == rest;
}

void check_place(const Diagnostic& diagnostic, std::string_view text) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    require(diagnostic.line <= lines);
    require((diagnostic.line == 0) == (diagnostic.column == 0));
    require(diagnostic.column <= text.size() + 1);
}

}  // namespace

void check_diagnostics(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
    constexpr std::size_t kMost = 202;
    constexpr std::size_t kLongest = 1'000;
    require(diagnostics.size() <= kMost);
    for (const Diagnostic& diagnostic : diagnostics) {
        require(diagnostic.message.size() <= kLongest && diagnostic.excerpt.size() <= 3 * kLongest);
        require(!diagnostic.message.empty() && is_clean(diagnostic.message, "\\"));
        require(is_clean(diagnostic.excerpt, "\\\t\n"));
        require(diagnostic.stands_for >= 1);
        check_place(diagnostic, text);
    }
    const auto first_unplaced =
        std::find_if(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& diagnostic) { return diagnostic.file.empty(); });
    require(std::is_sorted(diagnostics.begin(), first_unplaced,
                           [](const Diagnostic& a, const Diagnostic& b) {
                               return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                           }));
    require(!format(diagnostics).empty() || diagnostics.empty());
}

}  // namespace oomguard::config
