// SPDX-License-Identifier: MIT
#include "ctl/output/paragraph.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace oomguard::ctl {

void Paragraphs::add(std::string_view label, std::string_view text, Style style) {
    paragraphs_.push_back({std::string(label), std::string(text), style});
}

std::string Paragraphs::text(const Terminal& terminal) const {
    std::size_t indent = 0;
    for (const Paragraph& paragraph : paragraphs_)
        indent = std::max(indent, width_of(paragraph.label));
    // Two columns on the left, a colon and a space behind the label.
    const std::size_t used = indent + 4;
    constexpr std::size_t kLeast = 20;
    const std::size_t columns =
        terminal.width ? std::max(*terminal.width, used + kLeast) - used : std::string::npos;
    std::string lines;
    for (const Paragraph& paragraph : paragraphs_) {
        std::string label = paragraph.label.empty() ? "" : paragraph.label + ":";
        for (const std::string& line : wrapped(paragraph.text, columns)) {
            lines += fmt::format("  {:>{}} {}\n", label, indent + 1,
                                 terminal.styled(line, paragraph.style));
            label.clear();
        }
    }
    return lines;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        std::string& line = lines.back();
        if (line.empty())
            line = word;
        else if (columns == std::string::npos || width_of(line) + 1 + width_of(word) <= columns)
            line.append(" ").append(word);
        else
            lines.emplace_back(word);
    }
    return lines;
}

}  // namespace oomguard::ctl
