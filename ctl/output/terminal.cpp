// SPDX-License-Identifier: MIT
#include "ctl/output/terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <cwchar>

#include <fmt/color.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace oomguard::ctl {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::optional<std::size_t> number_of(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

std::optional<std::size_t> columns_of_stdout() {
    if (const auto columns = number_of(environment("COLUMNS")))
        return columns;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return std::nullopt;
}

/// The first character of a text that is not empty: its bytes and its columns.
struct Character {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

Character first_of(std::string_view text) {
    wchar_t wide = 0;
    std::mbstate_t state{};
    const std::size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) {
        // The locale is not UTF-8: a sequence is shown as one character by those that are.
        std::size_t length = 1;
        while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
            ++length;
        return {length, 1};
    }
    const int columns = ::wcwidth(wide);
    return {bytes, columns < 0 ? std::size_t{1} : static_cast<std::size_t>(columns)};
}

fmt::text_style style_of(Style style) {
    switch (style) {
        case Style::Strong:
            return fmt::emphasis::bold;
        case Style::Faint:
            return fmt::fg(fmt::terminal_color::bright_black);
        case Style::Good:
            return fmt::fg(fmt::terminal_color::green);
        case Style::Warning:
            return fmt::fg(fmt::terminal_color::yellow);
        case Style::Bad:
            return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red);
        case Style::Plain:
            break;
    }
    return {};
}

}  // namespace

Style style_of_state(std::string_view state) {
    if (state == "held")
        return Style::Good;
    if (state == "refused")
        return Style::Bad;
    return state == "drifting" || state == "dry-run" ? Style::Warning : Style::Plain;
}

Terminal Terminal::of_stdout() {
    Terminal terminal;
    terminal.is_terminal = ::isatty(STDOUT_FILENO) == 1;
    const std::string_view asked = environment("SYSTEMD_COLORS");
    const bool declined = !environment("NO_COLOR").empty() || environment("TERM") == "dumb";
    terminal.has_colour =
        asked.empty() ? terminal.is_terminal && !declined : asked != "0" && asked != "no";
    terminal.is_utf8 = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    terminal.width = columns_of_stdout();
    return terminal;
}

std::string Terminal::styled(std::string_view text, Style style) const {
    if (!has_colour || style == Style::Plain || text.empty())
        return std::string(text);
    return fmt::format(style_of(style), "{}", text);
}

std::size_t width_of(std::string_view text) {
    // Nearly all there is, in tables of thousands of rows.
    if (std::all_of(text.begin(), text.end(),
                    [](char byte) { return static_cast<unsigned char>(byte) < 0x80; }))
        return text.size();
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        columns += character.columns;
        text.remove_prefix(character.bytes);
    }
    return columns;
}

std::string fitted(std::string_view text, std::size_t columns, bool is_utf8) {
    if (width_of(text) <= columns)
        return std::string(text);
    const std::string_view ellipsis = is_utf8 ? "\u2026" : "~";
    std::string cut;
    std::size_t used = 1;
    while (!text.empty()) {
        const Character character = first_of(text);
        if (used + character.columns > columns)
            break;
        cut.append(text.substr(0, character.bytes));
        used += character.columns;
        text.remove_prefix(character.bytes);
    }
    return columns == 0 ? std::string() : cut.append(ellipsis);
}

}  // namespace oomguard::ctl
