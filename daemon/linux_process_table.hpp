// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "daemon/process_figures.hpp"
#include "daemon/process_table.hpp"
#include "sys/procfs.hpp"

namespace oomguard::daemon {

/// The processes under a mounted procfs. Whether one has a memory limit is looked up in the cgroup
/// tree; where that cannot be told, it counts as limited.
class LinuxProcessTable final : public ProcessTable {
  public:
    /// `cgroup_mount`: where the v2 tree is mounted; ENOENT if nowhere, so that there is no limit.
    LinuxProcessTable(sys::Procfs procfs, Result<std::string> cgroup_mount)
        : procfs_(std::move(procfs)), cgroup_mount_(std::move(cgroup_mount)) {}

    Result<std::vector<Pid>> pids() override { return procfs_.pids(); }
    Result<std::unique_ptr<Process>> open(Pid pid) override;
    Result<Snapshot> glance(Pid pid) override { return procfs_.glance(pid); }

    std::uint64_t machine_memory() override;
    std::uint64_t machine_memory_in_use() override;

    /// Reads one process for who asks about it.
    [[nodiscard]] Result<ProcessFigures> figures(Pid pid) const;

    [[nodiscard]] const sys::Procfs& procfs() const { return procfs_; }
    [[nodiscard]] const Result<std::string>& cgroup_mount() const { return cgroup_mount_; }

  private:
    sys::Procfs procfs_;
    Result<std::string> cgroup_mount_;
};

}  // namespace oomguard::daemon
