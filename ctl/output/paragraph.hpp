// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/output/terminal.hpp"

namespace oomguard::ctl {

/// Texts behind labels that end in one line: "    User: alice", as systemctl(1) shows a unit. A
/// text that is wider than the terminal goes on below itself.
class Paragraphs {
  public:
    /// An empty label goes on with the one before.
    void add(std::string_view label, std::string_view text, Style style = Style::Plain);

    /// All lines, each with its newline.
    [[nodiscard]] std::string text(const Terminal& terminal) const;

  private:
    struct Paragraph {
        std::string label;
        std::string text;
        Style style;
    };

    std::vector<Paragraph> paragraphs_;
};

/// The words of the text in lines of at most so many columns, but for longer words.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace oomguard::ctl
