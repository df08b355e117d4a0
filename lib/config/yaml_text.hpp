// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/findings.hpp"
#include "config/yaml_tree.hpp"

namespace oomguard::config {

// What yaml-cpp does not look at: it takes broken UTF-8 for U+FFFD, ends a file at U+0004 and a
// quoted text at the end of the file.

/// Whether the text is all printable UTF-8; tabs and line ends of either kind may be in it. The
/// first byte that is not is reported.
[[nodiscard]] bool check_text(std::string_view text, Findings& findings);

/// The offset of the first control character that is not a tab or a line end.
[[nodiscard]] std::optional<std::size_t> find_control_character(std::string_view text);

/// Whether the quote at `offset` is followed by the one that ends it.
[[nodiscard]] bool is_quote_closed(std::string_view text, std::size_t offset);

/// The line, of the same counting as `line`, that holds the "-" of an entry of a block sequence
/// without a value: `column` is where the sequence stands, `offset` in `line` the next thing of the
/// file.
[[nodiscard]] unsigned line_of_dash(std::string_view text, std::size_t offset, unsigned line,
                                    std::size_t column);

/// The byte at the offset; NUL outside of the text.
[[nodiscard]] char char_at(std::string_view text, int offset);

/// Whether a tab is among the blanks that begin the line of the byte at `offset`, which is `column`
/// bytes from its start; both negative if there is no such place.
[[nodiscard]] bool is_indented_by_tab(std::string_view text, int offset, int column);

/// Why a text cannot begin with this character, and how it can.
[[nodiscard]] std::string must_be_quoted(char first);

/// Reports each key of a map that was given before.
void report_duplicate_keys(std::span<const YamlEntry> entries, Findings& findings);

}  // namespace oomguard::config
