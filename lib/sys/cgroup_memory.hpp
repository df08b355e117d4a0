// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace oomguard::sys {

// What the OOM killer asks of a memory cgroup. A directory is one of a cgroup v2 tree.

inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// The text of memory.max or memory.swap.max: bytes, or kNoLimit for "max". nullopt for what the
/// kernel would not have written.
[[nodiscard]] std::optional<std::uint64_t> parse_limit(std::string_view text);

/// memory.max and memory.swap.max in bytes. The root has neither, nor has a cgroup without the
/// memory controller: kNoLimit. An error if the cgroup has gone: ENOENT.
[[nodiscard]] Result<std::uint64_t> memory_max(const std::string& directory);
[[nodiscard]] Result<std::uint64_t> memory_swap_max(const std::string& directory);

/// Whether all its processes are killed together (memory.oom.group is 1); false where there is
/// no such file.
[[nodiscard]] Result<bool> has_oom_group(const std::string& directory);

/// How many of just its own processes the kernel has killed for want of memory, from
/// memory.events.local. 0 where there is no such file, or no such cgroup any more.
[[nodiscard]] std::uint64_t oom_kills(const std::string& directory);
[[nodiscard]] std::uint64_t parse_oom_kills(std::string_view text);

/// The file that oom_kills reads, which inotify tells the changes of.
[[nodiscard]] std::string memory_events_path(const std::string& directory);

/// The names of the cgroups directly below, in the order in which they were made, which is that of
/// css_next_descendant_pre() in kernel/cgroup/cgroup.c. The numbers of their inodes tell it: the
/// kernel only ever gives higher ones (fs/kernfs/dir.c, where a number has 64 bits).
[[nodiscard]] Result<std::vector<std::string>> child_cgroups_by_age(const std::string& directory);

}  // namespace oomguard::sys
