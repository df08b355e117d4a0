// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/badness.hpp"
#include "core/result.hpp"
#include "daemon/guard.hpp"
#include "sys/procfs.hpp"

namespace oomguard::daemon {

// Whom the kernel would kill, with the rules of a guard and without them. The score with them is
// the one that /proc tells now; where the guard runs dry, the one that it would write. Without
// them it is the original where a value of ours is on the process, and else the present one.
// Left out are kernel threads, pid 1 and what has no memory any more. A process that ends
// meanwhile is a normal outcome. Any other error is the result: part of an order is none.

inline constexpr std::size_t kWholeOrder = std::numeric_limits<std::size_t>::max();

/// If the whole machine runs out of memory: of all processes, the first `most`. `cgroup_mount`:
/// where the v2 tree is mounted, to find memory.oom.group; an error if nowhere.
[[nodiscard]] Result<std::vector<Ranked>> kill_order(const Guard& guard, const sys::Procfs& procfs,
                                                     const Result<std::string>& cgroup_mount,
                                                     std::size_t most = kWholeOrder);

/// If a cgroup runs into its memory.max: of its processes and of those below. Without a limit of
/// its own, with the machine's memory. `cgroup`: a path that checked_cgroup() gave.
/// Errors: ENOENT or ENOTDIR if there is no such cgroup.
[[nodiscard]] Result<std::vector<Ranked>> kill_order_in(const Guard& guard,
                                                        const sys::Procfs& procfs,
                                                        const std::string& mount,
                                                        const std::string& cgroup,
                                                        std::size_t most = kWholeOrder);

/// The memory in bytes of what the guard holds, as the kernel counts it here, by pid.
[[nodiscard]] Result<std::vector<std::pair<ProcessId, std::uint64_t>>> memory_of_held(
    const Guard& guard, const sys::Procfs& procfs);

}  // namespace oomguard::daemon
