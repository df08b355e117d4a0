// SPDX-License-Identifier: MIT
#include "ctl/top/panes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "ctl/output/terminal.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl::top {
namespace {

constexpr std::size_t kLabelWidth = 11;

constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kHelp = {{
    {"F1 h ?", "this help"},
    {"F3 /", "search: go to a name that contains a text, or to a pid; n or F3: the next one"},
    {"F4 \\", "filter: show only names that contain a text; Esc: all again"},
    {"F5 t", "the other view: kill order, or what is held"},
    {"F6 >", "sort what is held; the same column again, or I, turns it round"},
    {"u", "show only the processes of a user"},
    {"Enter e", "explain the selected process"},
    {"+ - d", "refresh half as often, twice as often, every so many seconds"},
    {"arrows", "select; so do Page Up, Page Down, Home, End"},
    {"F10 q", "leave; so does Ctrl-C"},
    {"", ""},
    {"PLACE", "who would be killed first, second, ... if the machine ran out of memory"},
    {"SCORE", "its oom_score_adj"},
    {"WITHOUT", "the one that it would have without the rules"},
    {"WEIGHT",
     "what the kernel compares: its memory, and for each unit of its score a thousandth "
     "of RAM and swap"},
    {"MEMORY", "resident, swapped and in page tables"},
    {"STATE",
     "held: at the rule's value; drifting: it keeps setting its own; refused: the kernel "
     "refused; -: not held"},
    {"ORIGINAL", "of what is held: the oom_score_adj before"},
    {"WANTED", "what the rule says"},
    {"CURRENT", "what it is"},
    {"", ""},
    {"first", "bold red: it would be killed first"},
    {"protected", "green: its score is below 0"},
    {"raised", "yellow: its score is above 0"},
    {"refused", "red: the kernel refused the value"},
}};

/// Cuts off as many characters as fit; at least one, or a line would never come to its end.
std::string cut_off(std::string_view& text, std::size_t width) {
    std::size_t bytes = 0;
    for (std::size_t used = 0; bytes < text.size();) {
        std::size_t next = bytes + 1;
        while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U)
            ++next;
        used += width_of(text.substr(bytes, next - bytes));
        if (used > width && bytes > 0)
            break;
        bytes = next;
    }
    std::string piece(text.substr(0, bytes));
    text.remove_prefix(bytes);
    return width_of(piece) > width ? "?" : piece;
}

/// "Label      text", the text wrapped below itself.
void append_entry(std::vector<Line>& lines, std::string_view label, std::string_view text,
                  std::size_t width, Look look = Look::Plain) {
    if (width <= kLabelWidth + 8) {
        for (auto& line : wrapped(fmt::format("{} {}", label, text), width, 1))
            lines.push_back({{std::move(line), look}});
        return;
    }
    bool is_first = true;
    for (auto& piece : wrapped(text, width - kLabelWidth)) {
        lines.push_back({{fmt::format("{:<{}}", is_first ? label : "", kLabelWidth), Look::Strong},
                         {std::move(piece), look}});
        is_first = false;
    }
}

Look look_of_verdict(const std::string& verdict) {
    if (verdict == "no match")
        return Look::Faint;
    const bool is_warning = verdict == "exempt" || verdict == "never" || verdict == "not trusted" ||
                            verdict == "held back";
    return is_warning ? Look::Warning : Look::Strong;
}

std::string score_text(const Details& details) {
    if (details.state == "unmatched" || details.state == "exempt")
        return fmt::format("{}, {}", details.current, details.state);
    return fmt::format("{}, {}; wanted {}, original {}", details.current, details.state,
                       details.wanted, details.original);
}

void append_details(std::vector<Line>& lines, const Details& details, std::size_t width) {
    const auto entry = [&](std::string_view label, const std::string& text,
                           Look look = Look::Plain) {
        if (!text.empty())
            append_entry(lines, label, text, width, look);
    };
    entry("Process", fmt::format("{} ({}) of {}", details.name, details.pid, details.user),
          Look::Strong);
    entry("Command", details.cmdline);
    entry("Cgroup", details.cgroup);
    entry("Unit", details.unit);
    entry("Score", score_text(details), details.state == "refused" ? Look::Refused : Look::Plain);
    entry("Error", details.last_error, Look::Refused);
    entry("Rule", details.rule.empty()
                      ? "none means it"
                      : fmt::format("{} ({}), {}", details.rule, details.origin, details.value));
    if (details.drifts > 0)
        entry("Drifts", fmt::format("{} repaired", details.drifts), Look::Warning);
    entry("Memory", bytes_text(details.memory) +
                        (details.memory_limited ? ", its cgroup has a memory.max" : ""));
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::vector<std::string> lines;
    width = std::max<std::size_t>(width, 1);
    if (indent >= width)
        indent = 0;
    do {
        const std::size_t begin = lines.empty() ? 0 : indent;
        const std::string_view before = text;
        std::string piece = cut_off(text, width - begin);
        const std::size_t space = piece.rfind(' ');
        if (!text.empty() && text.front() != ' ' && space != std::string::npos && space > 0) {
            piece.resize(space);
            text = before.substr(space);
        }
        text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
        lines.push_back(std::string(begin, ' ') + piece);
    } while (!text.empty());
    return lines;
}

std::vector<Line> help_lines(std::size_t width, bool is_utf8) {
    std::vector<Line> lines;
    const auto title = "oom-guardctl top: who would be killed next, and what is held.";
    lines.push_back({{fitted(title, width, is_utf8), Look::Strong}});
    lines.emplace_back();
    for (const auto& [label, text] : kHelp)
        append_entry(lines, label, text, width);
    return lines;
}

std::vector<Line> explain_lines(const Model& model, std::size_t width) {
    std::vector<Line> lines;
    const auto& explained = model.explained();
    if (!explained)
        return {{{fitted("...", width), Look::Faint}}};
    if (!explained->failure.empty()) {
        append_entry(lines, "Process", explained->failure, width, Look::Warning);
        return lines;
    }
    append_details(lines, explained->details, width);
    lines.emplace_back();
    for (auto& line : wrapped("Rules tried, in this order:", width))
        lines.push_back({{std::move(line), Look::Strong}});
    for (const TrialRow& trial : explained->trials) {
        std::string text = trial.rule.empty() ? "" : trial.rule + ": ";
        text += trial.verdict;
        if (!trial.reason.empty())
            text += ", " + trial.reason;
        if (!trial.origin.empty())
            text += " (" + trial.origin + ")";
        for (auto& line : wrapped(text, width, 4))
            lines.push_back({{std::move(line), look_of_verdict(trial.verdict)}});
    }
    if (explained->trials.empty())
        lines.push_back({{fitted("none", width), Look::Faint}});
    return lines;
}

std::vector<Line> menu_lines(const Model& model, std::size_t width, bool is_utf8) {
    std::vector<Line> lines;
    for (std::size_t index = 0; index < model.choices().size(); ++index)
        lines.push_back({{fitted(model.choices()[index], width, is_utf8), Look::Plain,
                          index == model.choice()}});
    return lines;
}

}  // namespace oomguard::ctl::top
