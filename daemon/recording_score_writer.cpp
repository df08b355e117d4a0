// SPDX-License-Identifier: MIT
#include "daemon/recording_score_writer.hpp"

#include <algorithm>

#include "sys/capability.hpp"

namespace oomguard::daemon {

RecordingScoreWriter::RecordingScoreWriter(LedgerFile& ledger)
    : ledger_(ledger), may_lower_(sys::may_use(CAP_SYS_RESOURCE)) {
    if (may_lower_)
        (void)sys::set_effective(CAP_SYS_RESOURCE, false);
}

Result<void> RecordingScoreWriter::write(Process& process, const std::optional<Written>& previous,
                                         const Written& next) {
    const ProcessId id = process.snapshot().id;
    record(id, next);
    auto done = write_score(process, next.value);
    if (!done) {
        if (previous && previous->original != previous->value)
            record(id, *previous);
        else
            forget(id);
    }
    return done;
}

void RecordingScoreWriter::record(ProcessId id, const Written& written) {
    ledger_.hold(id, written);
}

Result<void> RecordingScoreWriter::restore(Process& process, const Written& written) {
    const bool was_lowered = written.value < written.original;
    if (was_lowered && may_lower_) {
        // The floor is not to be read anywhere; for a process that no one has touched it is 0,
        // or lower if a privileged parent had lowered it.
        const int floor = std::min(written.original, 0);
        record(process.snapshot().id, {written.original, floor});
        if (auto done = write_privileged(process, floor); !done)
            return done;
    }
    auto done = write_score(process, written.original);
    if (done)
        forget(process.snapshot().id);
    return done;
}

void RecordingScoreWriter::forget(ProcessId id) {
    ledger_.drop(id);
}

Result<void> RecordingScoreWriter::write_score(Process& process, int value) {
    auto done = process.write_score(value);
    if (done || !may_lower_ || !is_denied(done.error()))
        return done;
    return write_privileged(process, value);
}

Result<void> RecordingScoreWriter::write_privileged(Process& process, int value) {
    if (auto on = sys::set_effective(CAP_SYS_RESOURCE, true); !on)
        return on;
    auto done = process.write_score(value);
    (void)sys::set_effective(CAP_SYS_RESOURCE, false);
    return done;
}

}  // namespace oomguard::daemon
