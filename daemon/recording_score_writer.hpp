// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "daemon/ledger_file.hpp"
#include "daemon/score_writer.hpp"

namespace oomguard::daemon {

/// What lets a write pass a process's floor: CAP_SYS_RESOURCE, or a test's own.
struct Privilege {
    bool is_permitted = false;
    std::function<Result<void>(bool on)> set_effective;
};

/// CAP_SYS_RESOURCE of this process.
[[nodiscard]] Privilege resource_privilege();

/// Writes scores with no more privilege than each needs, and records them in the ledger file.
///
/// A write by a task with CAP_SYS_RESOURCE also sets the process's floor, oom_score_adj_min
/// (fs/proc/base.c, __set_oom_adj), below which it may then not set its own score. So every write
/// is tried without the capability, and it is used only where the kernel refuses: a raise never
/// sets a floor above what it was. That a write set one is on record beforehand. A floor that was
/// lowered goes up again with the score, and a process that is let go is given back what it had, or
/// it could lower itself whenever it liked.
///
/// A ledger that cannot be written does not keep a process from being held: LedgerFile tells.
class RecordingScoreWriter final : public ScoreWriter {
  public:
    /// Takes the privilege out of effect.
    explicit RecordingScoreWriter(LedgerFile& ledger, Privilege privilege = resource_privilege());

    Result<Written> write(Process& process, const std::optional<Written>& previous,
                          Written next) override;
    void record(ProcessId id, const Written& written) override;
    Result<void> restore(Process& process, const Written& written, int score) override;
    void forget(ProcessId id) override;
    void pin(ProcessId id, int value, Children children) override;
    void unpin(ProcessId id) override;

  private:
    [[nodiscard]] bool needs_privilege(const Result<void>& written) const;
    Result<void> write_unprivileged(Process& process, Written& next);
    Result<void> write_with_floor(Process& process, Written& next);
    Result<void> write_privileged(Process& process, int value);

    LedgerFile& ledger_;
    Privilege privilege_;
};

}  // namespace oomguard::daemon
