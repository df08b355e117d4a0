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
    /// After a failure what is recorded is `previous` again.
    virtual Result<void> write(Process& process, const std::optional<Written>& previous,
                               const Written& next) = 0;

    /// Records without writing: the process carries the value already, by inheritance.
    virtual void record(ProcessId id, const Written& written) = 0;

    /// Gives back an original: writes it, then drops the record.
    virtual Result<void> restore(Process& process, const Written& written) = 0;

    /// Drops the record.
    virtual void forget(ProcessId id) = 0;
};

}  // namespace oomguard::daemon
