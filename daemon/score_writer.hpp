// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/decision.hpp"
#include "daemon/process_table.hpp"

namespace oomguard::daemon {

/// Writes scores, and remembers what must outlive the daemon.
class ScoreWriter {
  public:
    ScoreWriter() = default;
    ScoreWriter(const ScoreWriter&) = delete;
    ScoreWriter& operator=(const ScoreWriter&) = delete;
    virtual ~ScoreWriter() = default;

    /// Records `next` and then writes its value, so that a death in between loses no original.
    /// What is on record then: `next`, with `floor_lowered` if this write did so. After a failure
    /// it is `previous` again.
    virtual Result<Written> write(Process& process, const std::optional<Written>& previous,
                                  Written next) = 0;

    /// Records without writing: the process carries the value already, by inheritance.
    virtual void record(ProcessId id, const Written& written) = 0;

    /// Leaves the process with `score`, its original or what someone else has set since, and with
    /// the floor it had if that was lowered; then drops the record.
    virtual Result<void> restore(Process& process, const Written& written, int score) = 0;

    /// Drops the record.
    virtual void forget(ProcessId id) = 0;

    /// Records that the process is to be held at `value` until it ends, and drops that record,
    /// which is apart from the one of its original.
    virtual void pin(ProcessId id, int value, Children children) = 0;
    virtual void unpin(ProcessId id) = 0;
};

}  // namespace oomguard::daemon
