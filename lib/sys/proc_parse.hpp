// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/process.hpp"

namespace oomguard::sys {

// Parsers of what the kernel writes under /proc/PID. Pure; they take any bytes (a process chooses
// its own name) and answer nullopt for what the kernel would not have written.

/// `stat`: "PID (comm) STATE PPID ...". The name may hold anything, ')' and newlines included, so
/// the fields are counted from the last ')'. PF_KTHREAD is read from the flags (field 9), the
/// start time is field 22. The image is made of where code and stack lie (fields 26 to 28), which
/// do_task_stat() in the kernel's fs/proc/array.c gives as 1, 1 and 0 to who may not ptrace the
/// process. A zombie is in state Z or X with one thread (field 20): a process whose
/// main thread has ended before the others is in state Z too, and alive.
[[nodiscard]] std::optional<Snapshot> parse_stat(std::string_view text);

struct StatusCredentials {
    Pid process = 0;  ///< "Tgid:"; differs from the pid asked for if that is a thread's
    Uid real_uid = 0;
    std::vector<Gid> groups;  ///< the real gid first, then the supplementary ones
};

/// `status`: the lines "Tgid:", "Uid:", "Gid:" and "Groups:". The line "Name:" comes first and the
/// kernel escapes newlines in it (proc_task_name in fs/proc/array.c), so no name can forge them. A
/// group that the end of the text cuts is left out.
[[nodiscard]] std::optional<StatusCredentials> parse_status(std::string_view text);

struct StatusMemory {
    Pid process = 0;  ///< "Tgid:", as of StatusCredentials
    Uid real_uid = 0;
    std::uint32_t threads = 0;  ///< alive, or not waited for
    /// What the OOM killer counts: VmRSS, VmSwap and VmPTE, in bytes. Nothing if it has no memory
    /// (any more): a kernel thread, a zombie, a thread that has ended.
    std::optional<std::uint64_t> bytes;
};

/// `status`: the lines "Tgid:", "Uid:", "Threads:" and, with memory, the three of it, which
/// task_mem() in fs/proc/task_mmu.c writes all or none. "Threads:" comes after them, so a text
/// that was cut off before is refused, and not taken for one without memory.
[[nodiscard]] std::optional<StatusMemory> parse_status_memory(std::string_view text);

/// `cgroup`: the path of the "0::" line, else of the line of "name=systemd", without the kernel's
/// " (deleted)". Nothing of a text that is cut off within a line.
[[nodiscard]] std::optional<std::string> parse_cgroup(std::string_view text);

/// `oom_score_adj`: one number from -1000 to 1000 and a newline.
[[nodiscard]] std::optional<int> parse_score(std::string_view text);

/// `oom_score`: one number and a newline.
[[nodiscard]] std::optional<std::uint32_t> parse_oom_score(std::string_view text);

}  // namespace oomguard::sys
