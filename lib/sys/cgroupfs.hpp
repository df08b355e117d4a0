// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/process.hpp"
#include "core/result.hpp"

namespace oomguard::sys {

/// The first mount point of type cgroup2 in the text of /proc/PID/mountinfo, with the kernel's
/// octal escapes undone.
[[nodiscard]] std::optional<std::string> parse_cgroup_mount(std::string_view mountinfo);

/// Where the cgroup v2 tree is mounted, from /proc/self/mountinfo: /sys/fs/cgroup, or
/// /sys/fs/cgroup/unified on a hybrid machine. ENOENT if nowhere.
[[nodiscard]] Result<std::string> find_cgroup_mount();

/// The full paths of the directories directly below `directory`. ENOENT if it has gone.
[[nodiscard]] Result<std::vector<std::string>> child_cgroups(const std::string& directory);

/// The pids directly in a cgroup, from cgroup.procs. Processes of other pid namespaces have none
/// and are left out. ENOENT or ENODEV if the cgroup has gone; EOPNOTSUPP of a threaded one.
[[nodiscard]] Result<std::vector<int>> cgroup_pids(const std::string& directory);

/// True if a cgroup on the way from `cgroup`, a path in the v2 tree mounted at `mount`, up to the
/// top of the mount has a finite memory.max. The root has no such file, nor has a cgroup without
/// the memory controller: no limit. An error where that cannot be told: the cgroup has gone, or
/// lies outside the mount ("/../x", as of a process outside our cgroup namespace: EXDEV).
[[nodiscard]] Result<bool> has_memory_limit(const std::string& mount, std::string_view cgroup);

/// Who owns the directories above `cgroup`, a path in the v2 tree mounted at `mount`, the top of
/// the mount first: who may have made the parts of the path (kernfs lets nobody else, but for
/// root). kUnknownOwner for one into which others than its owner and root's group may write. It
/// ends early at one that cannot be read, and is empty where the cgroup lies outside the mount.
[[nodiscard]] std::vector<Uid> owners_above(const std::string& mount, std::string_view cgroup);

/// The directory of `cgroup`, a path in the v2 tree mounted at `mount`. EXDEV if it lies outside.
[[nodiscard]] Result<std::string> cgroup_directory(const std::string& mount,
                                                   std::string_view cgroup);

}  // namespace oomguard::sys
