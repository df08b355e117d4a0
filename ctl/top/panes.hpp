// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "ctl/top/frame.hpp"
#include "ctl/top/model.hpp"

// What takes the place of the table. Lines are no wider than asked for.
namespace oomguard::ctl::top {

[[nodiscard]] std::vector<Line> help_lines(std::size_t width, bool is_utf8);

/// Of the process that the model explains: what it is, and which rules were tried.
[[nodiscard]] std::vector<Line> explain_lines(const Model& model, std::size_t width);

/// The choices of a menu below its title.
[[nodiscard]] std::vector<Line> menu_lines(const Model& model, std::size_t width, bool is_utf8);

/// The text on lines of at most so many columns, broken at spaces where that can be; each but
/// the first begins with `indent` spaces.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width,
                                               std::size_t indent = 0);

}  // namespace oomguard::ctl::top
