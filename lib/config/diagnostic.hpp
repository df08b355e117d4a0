// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace oomguard::config {

/// One finding in a file, at a place an administrator can go to.
struct Diagnostic {
    enum class Severity {
        Error,
        Warning,
        Note,  ///< nothing is wrong; a load finds none
    };

    Severity severity = Severity::Error;
    std::string file;     ///< empty: the finding is about the whole load
    unsigned line = 0;    ///< from 1; 0 if the finding is about the whole file
    unsigned column = 0;  ///< from 1, in bytes
    std::string message;  ///< printable, no newline
    std::string excerpt;  ///< the source line and the caret line, ready to print; may be empty
    /// How many findings this one stands for: more than one if it says how many are not shown.
    std::size_t stands_for = 1;
};

/// The lines "    source line" and "    ^" under `column`, for the given line of `text`. A line
/// longer than a terminal is cut around the column, with "..." where something is left out, and
/// what could disturb a terminal is made printable. Empty if there is no such line.
[[nodiscard]] std::string make_excerpt(std::string_view text, unsigned line, unsigned column);

/// "error", "warning" or "note".
[[nodiscard]] const char* severity_text(Diagnostic::Severity severity);

/// "FILE:LINE:COL: error: MESSAGE", then the excerpt; every line ends with a newline. Of a finding
/// about a whole file "FILE: error: MESSAGE", about the whole load "error: MESSAGE".
[[nodiscard]] std::string format(const Diagnostic& diagnostic);

/// All of them, one after the other.
[[nodiscard]] std::string format(const std::vector<Diagnostic>& diagnostics);

/// The number of findings of that severity, the ones not shown included.
[[nodiscard]] std::size_t count(const std::vector<Diagnostic>& diagnostics,
                                Diagnostic::Severity severity);
[[nodiscard]] std::size_t count_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace oomguard::config
