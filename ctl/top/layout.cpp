// SPDX-License-Identifier: MIT
#include "ctl/top/layout.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/output/terminal.hpp"
#include "ctl/output/units.hpp"
#include "ctl/top/columns.hpp"
#include "ctl/top/panes.hpp"

namespace oomguard::ctl::top {
namespace {

/// A heading, a row and the keys; a pid and the beginning of a name.
constexpr Size kLeast{3, 16};
/// Rows that the header leaves.
constexpr std::size_t kRowsKept = 3;

/// The pieces as far as they fit; the first that does not is cut.
Line fitted_line(Line line, std::size_t width, bool is_utf8) {
    Line shown;
    for (Span& span : line) {
        const std::size_t needed = width_of(span.text);
        if (needed > width)
            span.text = fitted(span.text, width, is_utf8);
        width -= std::min(width, needed);
        if (!span.text.empty())
            shown.push_back(std::move(span));
    }
    return shown;
}

Line daemon_line(const Model& model) {
    const DaemonState& daemon = model.snapshot().daemon;
    Line line = {{fmt::format("oom-guardd {}", daemon.version), Look::Strong}};
    const std::uint64_t now = model.snapshot().time;
    // By the minute, or it would be drawn again each time.
    constexpr std::uint64_t kMinute = 60'000'000;
    if (daemon.started > 0 && now >= daemon.started) {
        const std::uint64_t up = now - daemon.started;
        line.push_back({up < kMinute ? ", up less than a minute"
                                     : fmt::format(", up {}", span_text(up / kMinute * kMinute))});
    }
    line.push_back({fmt::format(", {}", counted(daemon.rules, "rule"))});
    if (daemon.dry_run)
        line.push_back({", dry run: nothing is written", Look::Warning});
    return line;
}

Line counts_line(const Model& model) {
    const auto& held = model.snapshot().held;
    const std::size_t drifting = count_of(held, "drifting");
    const std::size_t refused = count_of(held, "refused");
    return {{fmt::format("{} of {} held", count_of(held, "held"),
                         counted(model.snapshot().daemon.processes, "process", "processes"))},
            {", "},
            {fmt::format("{} drifting", drifting), drifting > 0 ? Look::Warning : Look::Plain},
            {", "},
            {fmt::format("{} refused", refused), refused > 0 ? Look::Refused : Look::Plain}};
}

Line memory_line(const sys::MemoryInfo& memory) {
    return {{fmt::format("Memory {}, {} available; swap {}, {} free", bytes_text(memory.total),
                         bytes_text(memory.available), bytes_text(memory.swap_total),
                         bytes_text(memory.swap_free))}};
}

Line view_line(const Model& model) {
    const Listing& listing = model.listing();
    Line line = {{listing.view() == View::Order ? "Kill order" : "Held", Look::Strong},
                 {fmt::format(", {}", counted(listing.rows().size(), "process", "processes"))}};
    if (!listing.filter().empty())
        line.push_back({fmt::format(", name contains '{}'", listing.filter()), Look::Warning});
    if (!listing.user().empty())
        line.push_back({fmt::format(", of {}", listing.user()), Look::Warning});
    return line;
}

/// What matters most first: a low screen shows the beginning.
std::vector<Line> header_lines(const Model& model) {
    std::vector<Line> lines = {daemon_line(model), counts_line(model)};
    const auto& degraded = model.snapshot().daemon.degraded;
    if (!degraded.empty())
        lines.push_back(
            {{fmt::format("Degraded ({}): {}", degraded.size(), degraded.front()), Look::Warning}});
    lines.push_back(view_line(model));
    if (model.snapshot().machine)
        lines.push_back(memory_line(*model.snapshot().machine));
    return lines;
}

using KeyLabel = std::pair<std::string_view, std::string_view>;

Line keys_line(const Model& model, std::size_t width) {
    const bool is_table = model.mode() == Mode::Table;
    const bool is_order = model.listing().view() == View::Order;
    std::vector<KeyLabel> keys;
    if (is_table)
        keys = {{"F1", "Help"},       {"F3", "Search"},
                {"F4", "Filter"},     {"F5", is_order ? "Held" : "Order"},
                {"F6", "Sort"},       {"u", "User"},
                {"Enter", "Explain"}, {"d", "Delay"},
                {"F10", "Quit"}};
    else if (model.mode() == Mode::SortMenu || model.mode() == Mode::UserMenu)
        keys = {{"Enter", "Choose"}, {"Esc", "Back"}, {"F10", "Quit"}};
    else
        keys = {{"Esc", "Back"}, {"F10", "Quit"}};
    Line line;
    for (const auto& [key, label] : keys) {
        const std::size_t needed = key.size() + label.size() + (line.empty() ? 0 : 1);
        if (needed > width)
            break;
        width -= needed;
        line.push_back({(line.empty() ? "" : " ") + std::string(key), Look::Strong});
        line.push_back({std::string(label), Look::Heading});
    }
    return line;
}

std::string_view question_of(Mode mode) {
    if (mode == Mode::Search)
        return "Search: ";
    return mode == Mode::Filter ? "Filter: " : "Seconds: ";
}

/// The end of what is typed, where the user types, stays in sight.
void append_question(Frame& frame, const Model& model, std::size_t width) {
    std::string text = std::string(question_of(model.mode())) + model.typed();
    const auto is_inside = [&] { return (static_cast<unsigned char>(text[0]) & 0xC0U) == 0x80U; };
    while (width_of(text) + 1 > width) {
        do
            text.erase(0, 1);
        while (!text.empty() && is_inside());
    }
    frame.cursor = width_of(text);
    frame.lines.push_back({{std::move(text), Look::Strong}});
    if (!model.notice().empty() && *frame.cursor + 2 + model.notice().size() < width)
        frame.lines.back().push_back({"  " + model.notice(), Look::Warning});
}

void append_footer(Frame& frame, const Model& model, Size size, bool is_utf8) {
    frame.lines.resize(size.rows - 1);
    if (model.is_asking())
        append_question(frame, model, size.columns);
    else if (!model.notice().empty())
        frame.lines.push_back(
            fitted_line({{model.notice(), Look::Warning}}, size.columns, is_utf8));
    else
        frame.lines.push_back(keys_line(model, size.columns));
}

std::vector<Line> pane_lines(const Model& model, std::size_t width, bool is_utf8) {
    if (model.mode() == Mode::Help)
        return help_lines(width, is_utf8);
    if (model.mode() == Mode::Explain)
        return explain_lines(model, width);
    return menu_lines(model, width, is_utf8);
}

void append_pane(Frame& frame, Model& model, Size size, bool is_utf8) {
    const auto lines = pane_lines(model, size.columns, is_utf8);
    const std::size_t room = size.rows - 1;
    model.fit_pane(lines.size(), room);
    for (std::size_t row = 0; row < room && model.scrolled() + row < lines.size(); ++row)
        frame.lines.push_back(lines[model.scrolled() + row]);
}

void append_table(Frame& frame, Model& model, Size size, bool is_utf8) {
    auto header = header_lines(model);
    // Two lines are the headings and the keys.
    const std::size_t room = size.rows - 2;
    const std::size_t header_room = room > kRowsKept ? room - kRowsKept : 0;
    header.resize(std::min(header.size(), header_room));
    for (Line& line : header)
        frame.lines.push_back(fitted_line(std::move(line), size.columns, is_utf8));
    const std::size_t page = room - header.size();
    model.fit_table(page);
    const Listing& listing = model.listing();
    const auto columns = columns_for(listing.view(), size.columns);
    frame.lines.push_back(heading_line(columns, listing, size.columns, is_utf8));
    for (std::size_t row = listing.first_shown();
         row < std::min(listing.rows().size(), listing.first_shown() + page); ++row)
        frame.lines.push_back(
            row_line(columns, listing.rows()[row], row == listing.index(), size.columns, is_utf8));
    if (listing.rows().empty())
        frame.lines.push_back({{fitted("none", size.columns, is_utf8), Look::Faint}});
}

}  // namespace

Frame frame_of(Model& model, Size size, bool is_utf8) {
    Frame frame;
    if (size.rows < kLeast.rows || size.columns < kLeast.columns) {
        if (size.rows > 0 && size.columns > 0)
            frame.lines.push_back({{fitted("too small", size.columns, is_utf8), Look::Plain}});
        return frame;
    }
    if (model.mode() == Mode::Table || model.is_asking())
        append_table(frame, model, size, is_utf8);
    else
        append_pane(frame, model, size, is_utf8);
    append_footer(frame, model, size, is_utf8);
    return frame;
}

}  // namespace oomguard::ctl::top
