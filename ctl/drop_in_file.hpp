// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace oomguard::ctl {

/// The text of the file; none if there is none, if it is empty, or if it only masks others, as a
/// link to /dev/null does. Throws Failure if it cannot be read.
[[nodiscard]] std::optional<std::string> text_of(const std::string& path);

/// A file in a rule directory, as it was when this was made.
class DropInFile {
  public:
    explicit DropInFile(std::string path) : path_(std::move(path)), text_(text_of(path_)) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    /// See text_of().
    [[nodiscard]] const std::optional<std::string>& text() const { return text_; }

    /// A reader sees the old or the new whole. A link stays, and what it leads to is replaced; so
    /// do the mode and the owner of what is there. What masks others is replaced itself. Throws
    /// Failure if somebody has changed it meanwhile, or if it cannot be written.
    void replace(const std::string& text) const;

  private:
    std::string path_;
    std::optional<std::string> text_;
};

}  // namespace oomguard::ctl
