// SPDX-License-Identifier: MIT
#include "ctl/output/table.hpp"

#include <algorithm>
#include <numeric>

namespace oomguard::ctl {
namespace {

constexpr std::size_t kGap = 1;

/// Takes from the widest of those that may be cut, one column at a time, until all fit.
void shrink(std::vector<std::size_t>& widths, const std::vector<Table::Column>& columns,
            std::size_t available) {
    const auto total = [&] {
        return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
    };
    for (std::size_t excess = std::max(total(), available) - available; excess > 0; --excess) {
        std::size_t widest = widths.size();
        for (std::size_t index = 0; index < widths.size(); ++index) {
            const bool may_shrink =
                columns[index].least > 0 && widths[index] > columns[index].least;
            if (may_shrink && (widest == widths.size() || widths[index] >= widths[widest]))
                widest = index;
        }
        if (widest == widths.size())
            return;
        --widths[widest];
    }
}

/// A cell in its column; the last one on a line is not filled up.
void put(std::string& line, const Table::Cell& cell, const Table::Column& column, std::size_t width,
         bool is_last, const Terminal& terminal) {
    const std::string text =
        column.least > 0 ? fitted(cell.text, width, terminal.is_utf8) : cell.text;
    const std::size_t used = width_of(text);
    const std::string space(width > used ? width - used : 0, ' ');
    if (column.align == Table::Align::Right)
        line += space;
    line += terminal.styled(text, cell.style);
    if (column.align == Table::Align::Left && !is_last)
        line += space;
    line += is_last ? "" : std::string(kGap, ' ');
}

}  // namespace

std::vector<std::size_t> Table::widths(const Terminal& terminal, bool with_headings) const {
    std::vector<std::size_t> widths;
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        std::size_t width = with_headings ? width_of(columns_[index].heading) : 0;
        for (const auto& row : rows_)
            width = std::max(width, width_of(row[index].text));
        widths.push_back(width);
    }
    if (terminal.width)
        shrink(widths, columns_, *terminal.width);
    return widths;
}

std::string Table::text(const Terminal& terminal, bool with_headings) const {
    const auto wide = widths(terminal, with_headings);
    std::string lines;
    const auto add_line = [&](const auto& cell_of) {
        std::string line;
        for (std::size_t index = 0; index < columns_.size(); ++index)
            put(line, cell_of(index), columns_[index], wide[index], index + 1 == columns_.size(),
                terminal);
        line.erase(line.find_last_not_of(' ') + 1);
        lines += line + "\n";
    };
    if (with_headings)
        add_line([&](std::size_t index) { return Cell(columns_[index].heading, Style::Strong); });
    for (const auto& row : rows_)
        add_line([&](std::size_t index) -> const Cell& { return row[index]; });
    return lines;
}

}  // namespace oomguard::ctl
