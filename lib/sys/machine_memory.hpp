// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace oomguard::sys {

/// In bytes.
struct MachineMemory {
    std::uint64_t ram = 0;
    std::uint64_t swap = 0;
};

/// All there is of both, from sysinfo(2): what the OOM killer calls totalpages where the whole
/// machine has run out of memory (constrained_alloc() in mm/oom_kill.c).
[[nodiscard]] Result<MachineMemory> machine_memory();

/// What there is and what is left, in bytes.
struct MemoryInfo {
    std::uint64_t total = 0;
    std::uint64_t available = 0;
    std::uint64_t swap_total = 0;
    std::uint64_t swap_free = 0;
};

/// What /proc/meminfo says; none if it does not say all of it.
[[nodiscard]] std::optional<MemoryInfo> parse_meminfo(std::string_view text);

/// The same of this machine, now. Allocates nothing.
[[nodiscard]] Result<MemoryInfo> read_memory_info();

/// Bytes in a page.
[[nodiscard]] std::uint64_t page_size();

}  // namespace oomguard::sys
