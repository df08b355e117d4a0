// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace oomguard {

/// A file that was read, or why it could not be.
struct SourceFile {
    std::string path;
    std::string text;
    std::optional<std::string> failure;  ///< such as "Permission denied"; `text` is then empty
};

}  // namespace oomguard
