// SPDX-License-Identifier: MIT
#include "ctl/top/columns.hpp"

#include <algorithm>
#include <string>

#include "ctl/output/terminal.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl::top {
namespace {

using Kind = Column::Kind;

std::vector<Column> all_columns(View view) {
    if (view == View::Order)
        return {{Kind::Place, "PLACE", true, 5, 0, 1},   {Kind::Pid, "PID", true, 7, 0, 0},
                {Kind::Name, "NAME", false, 16, 8, 0},   {Kind::User, "USER", false, 12, 6, 6},
                {Kind::Score, "SCORE", true, 5, 0, 0},   {Kind::Unruled, "WITHOUT", true, 7, 0, 7},
                {Kind::Weight, "WEIGHT", true, 7, 0, 2}, {Kind::Memory, "MEMORY", true, 7, 0, 5},
                {Kind::State, "STATE", false, 8, 0, 4},  {Kind::Rule, "RULE", false, 40, 8, 3}};
    return {{Kind::Pid, "PID", true, 7, 0, 0},       {Kind::Name, "NAME", false, 16, 8, 0},
            {Kind::User, "USER", false, 12, 6, 4},   {Kind::Original, "ORIGINAL", true, 8, 0, 6},
            {Kind::Wanted, "WANTED", true, 6, 0, 2}, {Kind::Current, "CURRENT", true, 7, 0, 0},
            {Kind::Memory, "MEMORY", true, 7, 0, 5}, {Kind::State, "STATE", false, 8, 0, 1},
            {Kind::Rule, "RULE", false, 40, 8, 3}};
}

/// With a space between each two. `width_of_one` of a column.
template <typename WidthOf>
std::size_t total(const std::vector<Column>& columns, WidthOf width_of_one) {
    std::size_t sum = columns.empty() ? 0 : columns.size() - 1;
    for (const Column& column : columns)
        sum += width_of_one(column);
    return sum;
}

std::size_t width_in_use(const Column& column) {
    return column.width;
}

std::size_t least_width(const Column& column) {
    return column.least > 0 ? column.least : column.width;
}

std::string number_or_dash(const auto& number, auto text_of) {
    return number ? text_of(*number) : "-";
}

std::string weight_text(std::int64_t bytes) {
    if (bytes >= 0)
        return bytes_text(static_cast<std::uint64_t>(bytes));
    return "-" + bytes_text(std::uint64_t{0} - static_cast<std::uint64_t>(bytes));
}

std::string text_of(Kind kind, const Row& row) {
    const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
    switch (kind) {
        case Kind::Place:
            return row.place == 0 ? "never" : std::to_string(row.place);
        case Kind::Pid:
            return std::to_string(row.id.first);
        case Kind::Name:
            return row.name;
        case Kind::User:
            return row.user;
        case Kind::Score:
        case Kind::Current:
            return std::to_string(row.score);
        case Kind::Unruled:
        case Kind::Original:
            return std::to_string(row.unruled_score);
        case Kind::Wanted:
            return std::to_string(row.wanted);
        case Kind::Weight:
            return number_or_dash(row.weight, weight_text);
        case Kind::Memory:
            return number_or_dash(row.memory, bytes_text);
        case Kind::State:
            return or_dash(row.state);
        case Kind::Rule:
            break;
    }
    return or_dash(row.rule);
}

Look look_of(const Row& row) {
    if (row.state == "refused")
        return Look::Refused;
    if (row.place == 1)
        return Look::First;
    if (row.score < 0)
        return Look::Protected;
    return row.score > 0 ? Look::Raised : Look::Plain;
}

bool is_sorted_by(const Listing& listing, Kind kind) {
    static constexpr Kind kKinds[] = {Kind::Pid,     Kind::Name,     Kind::User,
                                      Kind::Rule,    Kind::Original, Kind::Wanted,
                                      Kind::Current, Kind::State,    Kind::Memory};
    return listing.view() == View::Held &&
           kKinds[static_cast<std::size_t>(listing.sort_key())] == kind;
}

std::string aligned(const std::string& text, const Column& column, bool is_utf8) {
    const std::string shown = fitted(text, column.width, is_utf8);
    const std::size_t used = width_of(shown);
    const std::string space(column.width > used ? column.width - used : 0, ' ');
    return column.is_right ? space + shown : shown + space;
}

/// Fills the line behind its last column.
void append_rest(Line& line, Span rest, const std::vector<Column>& columns, std::size_t width) {
    const std::size_t used = total(columns, width_in_use);
    rest.text = std::string(width > used ? width - used : 0, ' ');
    if (!rest.text.empty())
        line.push_back(std::move(rest));
}

}  // namespace

std::vector<Column> columns_for(View view, std::size_t width) {
    auto columns = all_columns(view);
    while (columns.size() > 1 && total(columns, least_width) > width) {
        const auto leaving =
            std::max_element(columns.begin(), columns.end(),
                             [](const Column& a, const Column& b) { return a.leaves < b.leaves; });
        if (leaving->leaves == 0)
            columns.pop_back();
        else
            columns.erase(leaving);
    }
    // From the last one on, because names matter most.
    for (auto column = columns.rbegin(); column != columns.rend(); ++column) {
        const std::size_t used = total(columns, width_in_use);
        if (used > width && column->least > 0)
            column->width -= std::min(used - width, column->width - column->least);
    }
    if (columns.size() == 1)
        columns.front().width = std::min(columns.front().width, width);
    return columns;
}

Line heading_line(const std::vector<Column>& columns, const Listing& listing, std::size_t width,
                  bool is_utf8) {
    Line line;
    for (const Column& column : columns) {
        if (!line.empty())
            line.push_back({" ", Look::Heading});
        line.push_back({aligned(std::string(column.heading), column, is_utf8), Look::Heading,
                        is_sorted_by(listing, column.kind)});
    }
    append_rest(line, {"", Look::Heading}, columns, width);
    return line;
}

Line row_line(const std::vector<Column>& columns, const Row& row, bool is_selected,
              std::size_t width, bool is_utf8) {
    Line line;
    const Look look = look_of(row);
    for (const Column& column : columns) {
        if (!line.empty())
            line.push_back({" ", look, is_selected});
        const bool is_warning = column.kind == Kind::State && row.state == "drifting";
        line.push_back({aligned(text_of(column.kind, row), column, is_utf8),
                        is_warning ? Look::Warning : look, is_selected});
    }
    append_rest(line, {"", look, is_selected}, columns, width);
    return line;
}

}  // namespace oomguard::ctl::top
