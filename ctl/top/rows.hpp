// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/bus/rows.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::ctl::top {

/// pid and start time: the identity of a process.
using Id = std::pair<std::uint32_t, std::uint64_t>;

/// What the daemon, and the machine, told at one time.
struct Snapshot {
    DaemonState daemon = {};
    std::vector<ProcessRow> held = {};
    std::vector<MemoryRow> memory = {};             ///< of those held
    std::vector<RankRow> order = {};                ///< empty where it is not shown
    std::optional<sys::MemoryInfo> machine = {};    ///< none of another machine
    std::uint64_t time = 0;                         ///< CLOCK_REALTIME, microseconds
    std::uint64_t page_size = std::uint64_t{4096};  ///< bytes
};

/// A process, as one of both views shows it.
struct Row {
    Id id = {};
    std::string name = {};
    std::string user = {};
    std::string rule = {};
    std::uint32_t place = 0;  ///< in the kill order, from 1; 0: never killed, or not in it
    std::int32_t score = 0;
    std::int32_t unruled_score = 0;
    std::int32_t wanted = 0;
    /// Bytes: its memory, and for each unit of its score a thousandth of RAM and swap, which is
    /// what the kernel compares. None: never killed, or not known.
    std::optional<std::int64_t> weight = {};
    std::optional<std::uint64_t> memory = {};  ///< bytes
    std::string state = {};                    ///< of ListProcesses; empty: not held
};

/// The kill order, the first first.
[[nodiscard]] std::vector<Row> order_rows(const Snapshot& snapshot);
/// What is held, in the daemon's order.
[[nodiscard]] std::vector<Row> held_rows(const Snapshot& snapshot);

/// How many of those held are in this state.
[[nodiscard]] std::size_t count_of(const std::vector<ProcessRow>& held, std::string_view state);

}  // namespace oomguard::ctl::top
