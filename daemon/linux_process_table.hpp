// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/process_table.hpp"
#include "sys/procfs.hpp"

namespace oomguard::daemon {

/// The processes under a mounted procfs.
class LinuxProcessTable final : public ProcessTable {
  public:
    explicit LinuxProcessTable(sys::Procfs procfs) : procfs_(std::move(procfs)) {}

    Result<std::vector<Pid>> pids() override { return procfs_.pids(); }
    Result<std::unique_ptr<Process>> open(Pid pid) override;

    [[nodiscard]] const sys::Procfs& procfs() const { return procfs_; }

  private:
    sys::Procfs procfs_;
};

}  // namespace oomguard::daemon
