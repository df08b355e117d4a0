// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// What a screen shows, before it is known how a terminal is told.
namespace oomguard::ctl::top {

/// What a piece of text is, from which follows how it looks.
enum class Look {
    Plain,
    Strong,
    Faint,
    Heading,
    First,      ///< would be killed first
    Protected,  ///< a score below 0
    Raised,     ///< a score above 0
    Warning,
    Refused,
};

struct Span {
    std::string text;
    Look look = Look::Plain;
    bool is_selected = false;  ///< light and dark change places

    friend bool operator==(const Span&, const Span&) = default;
};

using Line = std::vector<Span>;

struct Size {
    std::size_t rows = 0;
    std::size_t columns = 0;

    friend bool operator==(const Size&, const Size&) = default;
};

/// At most as many lines as the screen has rows, none wider than it has columns.
struct Frame {
    std::vector<Line> lines;
    /// Where the user types, on the last line; none: nowhere.
    std::optional<std::size_t> cursor;

    friend bool operator==(const Frame&, const Frame&) = default;
};

}  // namespace oomguard::ctl::top
