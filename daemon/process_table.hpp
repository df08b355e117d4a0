// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "core/process.hpp"
#include "core/result.hpp"

namespace oomguard::daemon {

/// One process, opened once: everything is read from and written to this very process, also when
/// its pid is used again in between. Every operation answers with a gone error (see is_gone) once
/// the process has ended.
class Process {
  public:
    Process() = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    virtual ~Process() = default;

    [[nodiscard]] virtual const Snapshot& snapshot() const = 0;

    /// Reads one more field into the snapshot, which has it afterwards. An executable that may
    /// not be read is an empty one, an owner of cgroups that cannot be read is left out, and a
    /// memory limit that cannot be read is there: not errors.
    virtual Result<void> read(Field field) = 0;

    virtual Result<int> read_score() = 0;
    virtual Result<void> write_score(int value) = 0;
};

/// The processes of the machine.
class ProcessTable {
  public:
    ProcessTable() = default;
    ProcessTable(const ProcessTable&) = delete;
    ProcessTable& operator=(const ProcessTable&) = delete;
    virtual ~ProcessTable() = default;

    virtual Result<std::vector<Pid>> pids() = 0;
    virtual Result<std::unique_ptr<Process>> open(Pid pid) = 0;

    /// RAM and swap of the machine together, in bytes; the most there can be if that is not known.
    virtual std::uint64_t machine_memory() = 0;
    /// How much of it is in use and cannot be reclaimed, in bytes; as machine_memory() if that is
    /// not known.
    virtual std::uint64_t machine_memory_in_use() = 0;

    /// The snapshot that open() begins with, and nothing more.
    virtual Result<Snapshot> glance(Pid pid) = 0;
};

}  // namespace oomguard::daemon
