// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/decision.hpp"
#include "core/oomd.hpp"
#include "core/process.hpp"

namespace oomguard {

/// The originals of the processes whose score we set, the rules for single processes and what we
/// told systemd-oomd of which cgroup, as a journal of lines that survives our death at any instant.
/// The first line names the format and the boot it belongs to; then, in the order they happened:
/// - "hold PID START ORIGINAL VALUE", then " floor" if the floor was lowered and
///   " of ROOT-PID ROOT-START RULE" for a descent, and "drop PID START";
/// - "mark CGROUP-ID PREFERENCE ORIGINAL CGROUP", ORIGINAL one of "none", "off" and "on", and
///   "unmark CGROUP-ID";
/// - "pin PID START VALUE reset" or "include", for its descendants, and "unpin PID START".
struct Ledger {
    struct Entry {
        std::uint64_t start_time = 0;
        Written written;
        /// The value on record before this one: the process still has it if we died before the
        /// write.
        std::optional<int> before = std::nullopt;

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    /// A rule for one process until it ends.
    struct Pin {
        std::uint64_t start_time = 0;
        int value = 0;
        Children children = Children::Reset;  ///< or Include

        friend bool operator==(const Pin&, const Pin&) = default;
    };

    std::unordered_map<Pid, Entry> entries;
    std::unordered_map<Pid, Pin> pins;
    /// By cgroup, one each.
    std::unordered_map<std::uint64_t, OomdMark> marks;
    /// Lines that could not be read and were passed over. A torn last line, from a death in the
    /// middle of its write, is not counted: the score had not been touched yet.
    std::size_t bad_lines = 0;

    void hold(ProcessId id, Written written);
    /// False if there is no pin of this very process.
    bool unpin(ProcessId id);
};

[[nodiscard]] std::string ledger_header(std::string_view boot_id);

/// True if the text begins as a journal of this format does, of whichever boot.
[[nodiscard]] bool is_ledger(std::string_view text);
[[nodiscard]] std::string ledger_hold_line(ProcessId id, const Written& written);
/// The lines that make up the entry.
[[nodiscard]] std::string ledger_hold_lines(Pid pid, const Ledger::Entry& entry);
[[nodiscard]] std::string ledger_drop_line(ProcessId id);
[[nodiscard]] std::string ledger_pin_line(Pid pid, const Ledger::Pin& pin);
[[nodiscard]] std::string ledger_unpin_line(ProcessId id);
[[nodiscard]] std::string ledger_mark_line(const OomdMark& mark);
[[nodiscard]] std::string ledger_unmark_line(std::uint64_t cgroup_id);

/// Reads a journal back. Of another boot or another format, nothing is taken: its pids mean
/// nothing here.
[[nodiscard]] Ledger parse_ledger(std::string_view text, std::string_view boot_id);

}  // namespace oomguard
