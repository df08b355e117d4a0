// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "daemon/ledger_file.hpp"
#include "daemon/score_writer.hpp"

namespace oomguard::daemon {

/// Writes scores with no more privilege than each needs, and records them in the ledger file.
///
/// A write by a task with CAP_SYS_RESOURCE also sets the process's floor, oom_score_adj_min
/// (fs/proc/base.c, __set_oom_adj), below which it may then not set its own score. So every write
/// is tried without the capability, and it is used only where the kernel refuses: a raise never
/// sets a floor. Giving back the original of a process that had been lowered takes the low floor
/// away again, or the process could lower itself whenever it liked.
///
/// A ledger that cannot be written does not keep a process from being held: LedgerFile tells.
class RecordingScoreWriter final : public ScoreWriter {
  public:
    /// Takes CAP_SYS_RESOURCE out of the effective set of this process.
    explicit RecordingScoreWriter(LedgerFile& ledger);

    Result<void> write(Process& process, const std::optional<Written>& previous,
                       const Written& next) override;
    void record(ProcessId id, const Written& written) override;
    Result<void> restore(Process& process, const Written& written) override;
    void forget(ProcessId id) override;

  private:
    Result<void> write_score(Process& process, int value);
    Result<void> write_privileged(Process& process, int value);

    LedgerFile& ledger_;
    bool may_lower_;
};

}  // namespace oomguard::daemon
