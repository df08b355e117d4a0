// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace oomguard::ctl {

/// How a piece of output looks where there are colours.
enum class Style { Plain, Strong, Faint, Good, Warning, Bad };

/// Of the state of a process, as the daemon names it.
[[nodiscard]] Style style_of_state(std::string_view state);

/// Where output goes.
struct Terminal {
    bool is_terminal = false;
    bool has_colour = false;
    bool is_utf8 = true;
    /// Columns; none: as wide as it gets.
    std::optional<std::size_t> width;

    /// Of stdout. The width is $COLUMNS if that is a number, else the terminal's. Colours on a
    /// terminal, but not with $NO_COLOR (see no-color.org) or TERM=dumb; $SYSTEMD_COLORS decides
    /// alone: 0 or no is never, anything else always.
    [[nodiscard]] static Terminal of_stdout();

    /// What marks a line.
    [[nodiscard]] const char* dot() const { return is_utf8 ? "\u25cf" : "*"; }

    /// The text with the escapes of the style, if there are colours.
    [[nodiscard]] std::string styled(std::string_view text, Style style) const;
};

/// How many columns a text takes that is printable (core/text). What the locale does not know is
/// one column wide.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// The text in at most so many columns, its end replaced by an ellipsis if it is longer.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns, bool is_utf8 = true);

}  // namespace oomguard::ctl
