// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "core/source_file.hpp"

namespace oomguard::config {

/// A place in a file, both from 1, the column in bytes. Line 0 is the whole file.
struct Mark {
    unsigned line = 0;
    unsigned column = 0;
};

/// What is parsed of a file: its text without a byte order mark. Columns count from here.
[[nodiscard]] std::string_view content(const SourceFile& file);

/// Collects what a load finds. However bad the files are, only the first hundred errors and the
/// first hundred warnings are kept; the others are counted.
class Findings {
  public:
    /// What follows is about the file of this index.
    void enter_file(std::size_t index) { file_ = index; }

    void error(Mark mark, std::string message);
    void warning(Mark mark, std::string message);

    [[nodiscard]] bool has_errors() const { return errors_.total > 0; }

    /// False once further errors are only counted: no need to look for good advice any more.
    [[nodiscard]] bool keeps_errors() const;

    /// All that was kept, by file, line and column, then how many more there are. `files` are the
    /// ones that enter_file() counted.
    [[nodiscard]] std::vector<Diagnostic> report(std::span<const SourceFile> files) const;

  private:
    struct Finding {
        std::size_t file = 0;
        Mark mark;
        Diagnostic::Severity severity = Diagnostic::Severity::Error;
        std::string message;
    };

    struct Count {
        std::size_t total = 0;
        std::size_t kept = 0;
    };

    void add(Count& count, Diagnostic::Severity severity, Mark mark, std::string message);

    std::vector<Finding> findings_;
    Count errors_;
    Count warnings_;
    std::size_t file_ = 0;
};

}  // namespace oomguard::config
