// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <string>

namespace oomguard::ctl {

/// Writes the text to stderr as it is. What cannot be written is lost: it decides nothing about
/// what the program exits with.
inline void print_error(const std::string& text) {
    (void)std::fputs(text.c_str(), stderr);
}

}  // namespace oomguard::ctl
