// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include <dirent.h>

#include "core/result.hpp"

namespace oomguard::sys {

/// Calls `each` for every entry of a directory but "." and "..", in the file system's order.
/// `path` is relative to `dir_fd`, which may be AT_FDCWD. An error can come after some entries.
[[nodiscard]] Result<void> list_directory(int dir_fd, const std::string& path,
                                          const std::function<void(const dirent&)>& each);

}  // namespace oomguard::sys
