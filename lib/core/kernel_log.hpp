// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/process.hpp"

// What the kernel logs when it runs out of memory (mm/oom_kill.c, mm/memcontrol.c, mm/show_mem.c;
// the same from Linux 6.1 to 6.18).
namespace oomguard {

/// One record of /dev/kmsg, "PRIORITY,SEQUENCE,USEC,FLAGS[,...];TEXT".
struct KernelRecord {
    std::uint64_t sequence = 0;
    std::uint64_t usec = 0;  ///< since boot, about CLOCK_MONOTONIC
    std::string text;        ///< with the bytes that the kernel had escaped (\xNN)
};

/// nullopt for what the kernel did not write: user space may write there too, but not as the
/// kernel's facility 0. The lines behind the first (" KEY=VALUE") are left out.
[[nodiscard]] std::optional<KernelRecord> parse_kernel_record(std::string_view record);

/// One message about running out of memory.
struct OomMessage {
    enum class Kind {
        Invoked,  ///< someone asked for memory that is not there: all that follows begins here
        Usage,    ///< of the cgroup that ran out
        Free,     ///< of the machine
        Swap,     ///< of the machine; comes in two
        Summary,  ///< who was chosen, and where; left out by the kernel in a burst
        Killed,   ///< comes for every one
        Group,    ///< the rest of the cgroup will be killed as well
    };

    Kind kind{};
    bool is_on_request = false;    ///< Invoked: by SysRq f
    Pid pid = 0;                   ///< Summary, Killed
    std::string name = {};         ///< Killed
    std::uint32_t uid = 0;         ///< Killed
    int score = 0;                 ///< Killed: its oom_score_adj
    bool is_of_allocator = false;  ///< Killed: by vm.oom_kill_allocating_task
    bool is_cgroup = false;        ///< Killed: a cgroup had run out, not the machine
    std::uint64_t bytes = 0;       ///< Killed: resident; Usage: in use
    std::uint64_t limit = 0;       ///< Usage: in bytes
    std::uint64_t pages = 0;       ///< Free
    std::optional<std::uint64_t> swap_free = std::nullopt;   ///< Swap, in bytes
    std::optional<std::uint64_t> swap_total = std::nullopt;  ///< Swap, in bytes
    std::string cgroup = {};  ///< Summary: that ran out, or empty; Group
    std::string victim = {};  ///< Summary: "CGROUP,task=NAME": see cgroup_of
};

/// nullopt if it is none of these.
[[nodiscard]] std::optional<OomMessage> parse_oom_message(std::string_view text);

/// The cgroup of the victim of a summary whose name is this. Both may hold any text, so neither
/// could be told without the other. Empty if the name is another.
[[nodiscard]] std::string_view cgroup_of(std::string_view victim, std::string_view name);

}  // namespace oomguard
