// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ctl/output/terminal.hpp"

namespace oomguard::ctl {

/// Rows below headings, in columns that fit the terminal.
class Table {
  public:
    enum class Align { Left, Right };

    struct Column {
        std::string heading;
        Align align = Align::Left;
        /// May be cut to this many columns where the terminal is narrow; 0: never cut.
        std::size_t least = 0;
    };

    struct Cell {
        Cell(std::string shown, Style look = Style::Plain) : text(std::move(shown)), style(look) {}
        Cell(const char* shown) : text(shown) {}

        std::string text;
        Style style = Style::Plain;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns.
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

    [[nodiscard]] bool is_empty() const { return rows_.empty(); }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }

    /// All lines, each with its newline. Wider than the terminal only if even the least widths do
    /// not fit.
    [[nodiscard]] std::string text(const Terminal& terminal, bool with_headings = true) const;

  private:
    [[nodiscard]] std::vector<std::size_t> widths(const Terminal& terminal,
                                                  bool with_headings) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace oomguard::ctl
