// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ledger.hpp"
#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::daemon {

/// The ledger in the runtime directory: a journal, appended to before each write of a score and
/// rewritten when most of its lines have had their day.
class LedgerFile {
  public:
    LedgerFile(std::string path, std::string boot_id);

    /// Reads what an earlier daemon left, and starts the journal anew with it. A file that cannot
    /// be read, or is no ledger, is an error, and is moved aside to PATH.unreadable rather than
    /// overwritten.
    Result<void> open();

    /// Reads what a daemon left or is writing, and leaves the file alone from then on.
    Result<void> open_read_only();

    /// What is on record.
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }

    /// Records are kept even if the file cannot be written: see `failure()`.
    void hold(ProcessId id, const Written& written);
    void drop(ProcessId id);
    void pin(ProcessId id, int value, Children children);
    void unpin(ProcessId id);
    void mark(const OomdMark& mark);
    void unmark(std::uint64_t cgroup_id);

    /// Why the file could not be written last; nullopt once it can be again.
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

  private:
    Result<void> read();
    [[nodiscard]] std::size_t records() const;
    void append(std::string_view line);
    Result<void> try_append(std::string_view line);
    Result<void> rewrite();

    std::string path_;
    std::string boot_id_;
    Ledger ledger_;
    sys::UniqueFd file_;  // none: the next record rewrites the file
    bool is_read_only_ = false;
    std::size_t lines_ = 0;
    std::optional<std::string> failure_;
};

}  // namespace oomguard::daemon
