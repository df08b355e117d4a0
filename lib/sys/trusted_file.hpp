// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"

// Files that decide who survives: nobody but root and the daemon may have written them.
namespace oomguard::sys {

/// As read_regular_file, of a file that nobody can write but root, the caller's user and group, and
/// the owner of its directory. Else an error without a code, "read PATH: " and why not, and what to
/// do. Root and the caller's group may share the file with it. What was checked is what is read.
[[nodiscard]] Result<std::string> read_trusted_file(const std::string& path, std::size_t limit);

/// That nobody else can put files into a directory, by the same measure; else such an error. A
/// sticky one is not trusted either.
[[nodiscard]] Result<void> check_trusted_directory(const std::string& path);

/// What an error of either says of this path, without the path.
[[nodiscard]] std::string distrust_text(const Error& error, const std::string& path);

}  // namespace oomguard::sys
