// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/kill.hpp"
#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::daemon {

/// Where a kill stands in the kernel's log. A later daemon that reads the log again knows by it
/// what has been told.
struct KernelLogPlace {
    std::string boot_id;
    std::uint64_t sequence = 0;

    friend bool operator==(const KernelLogPlace&, const KernelLogPlace&) = default;
};

/// The latest kills, also those of earlier runs and boots: a file of one JSON object a line, which
/// is appended to, and rewritten when it has twice as many as are kept. When there are too many,
/// the oldest goes of the user who has the most; users without a name count as one.
class KillHistory {
  public:
    static constexpr std::size_t kMostKills = 512;

    struct Entry {
        Kill kill;
        std::optional<KernelLogPlace> place;  ///< none: another source told of it

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    /// `boot_id`: of this boot.
    KillHistory(std::string path, std::string boot_id)
        : path_(std::move(path)), boot_id_(std::move(boot_id)) {}

    /// Reads what is there; how many lines were none and are left out. From then on add() writes,
    /// unless `read_only`. A file that cannot be read is moved aside to PATH.unreadable.
    Result<std::size_t> open(bool read_only);

    /// `sequence`: of the record in the kernel's log that told it; none if another source did. If
    /// the file cannot be written the kill is here all the same: see `failure()`.
    void add(Kill kill, std::optional<std::uint64_t> sequence);

    /// For what the kernel's log tells with this sequence: whether an entry that another source
    /// told must be the same kill, because its log could not be read then. That entry stands there
    /// from then on.
    bool recognize(const Kill& kill, std::uint64_t sequence);

    /// The oldest first.
    [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }

    /// The last record in the kernel's log of this boot that told of a kill.
    [[nodiscard]] std::optional<std::uint64_t> last_sequence() const;

    /// Why the file could not be written last; nullopt once it can be again.
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

    /// The entry as a line of the file, with its newline, and read back from a line without it;
    /// nullopt for what no daemon has written.
    [[nodiscard]] static std::string line_of(const Entry& entry);
    [[nodiscard]] static std::optional<Entry> parse_line(std::string_view line);

  private:
    void begin();
    void remember(Entry entry);
    void forget_one();
    Result<void> append(const Entry& entry);
    Result<void> rewrite();

    std::string path_;
    std::string boot_id_;
    std::deque<Entry> entries_;
    sys::UniqueFd file_;  // none: the next kill rewrites the file
    std::size_t lines_ = 0;
    std::optional<std::string> failure_;
    bool is_writable_ = false;
};

}  // namespace oomguard::daemon
