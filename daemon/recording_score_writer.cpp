// SPDX-License-Identifier: MIT
#include "daemon/recording_score_writer.hpp"

#include <algorithm>
#include <utility>

#include "sys/capability.hpp"

namespace oomguard::daemon {

Privilege resource_privilege() {
    return {.is_permitted = sys::may_use(CAP_SYS_RESOURCE),
            .set_effective = [](bool on) { return sys::set_effective(CAP_SYS_RESOURCE, on); }};
}

RecordingScoreWriter::RecordingScoreWriter(LedgerFile& ledger, Privilege privilege)
    : ledger_(ledger), privilege_(std::move(privilege)) {
    if (privilege_.is_permitted)
        (void)privilege_.set_effective(false);
}

Result<Written> RecordingScoreWriter::write(Process& process,
                                            const std::optional<Written>& previous, Written next) {
    const ProcessId id = process.snapshot().id;
    Result<void> done;
    if (next.floor_lowered && privilege_.is_permitted)
        done = write_with_floor(process, next);
    else
        done = write_unprivileged(process, next);
    if (done)
        return next;
    if (previous && previous->is_owed())
        record(id, *previous);
    else
        forget(id);
    return done.error();
}

Result<void> RecordingScoreWriter::write_unprivileged(Process& process, Written& next) {
    const ProcessId id = process.snapshot().id;
    record(id, next);
    auto done = process.write_score(next.value);
    if (needs_privilege(done)) {
        if (!std::exchange(next.floor_lowered, true))
            record(id, next);
        done = write_privileged(process, next.value);
    }
    return done;
}

/// The floor goes up with the score, or the process could set what was held before.
Result<void> RecordingScoreWriter::write_with_floor(Process& process, Written& next) {
    const ProcessId id = process.snapshot().id;
    const int floor = std::min(next.value, next.floor_before());
    record(id, {next.original, floor, true, next.descent});
    if (auto done = write_privileged(process, floor); !done || floor == next.value)
        return done;
    next.floor_lowered = false;
    return write_unprivileged(process, next);
}

void RecordingScoreWriter::record(ProcessId id, const Written& written) {
    ledger_.hold(id, written);
}

Result<void> RecordingScoreWriter::restore(Process& process, const Written& written, int score) {
    const ProcessId id = process.snapshot().id;
    if (written.floor_lowered && privilege_.is_permitted) {
        // What the floor was is not to be read anywhere: for a process that no one has touched it
        // is 0, or lower if a privileged parent had lowered it. The present score says nothing of
        // it: as long as the floor is lowered the process can set any score above.
        const int floor = written.floor_before();
        record(id, {score, floor, true});
        if (auto done = write_privileged(process, floor); !done)
            return done;
    }
    auto done = process.write_score(score);
    if (needs_privilege(done))
        done = write_privileged(process, score);
    if (done)
        forget(id);
    return done;
}

void RecordingScoreWriter::forget(ProcessId id) {
    ledger_.drop(id);
}

void RecordingScoreWriter::pin(ProcessId id, int value, Children children) {
    ledger_.pin(id, value, children);
}

void RecordingScoreWriter::unpin(ProcessId id) {
    ledger_.unpin(id);
}

bool RecordingScoreWriter::needs_privilege(const Result<void>& written) const {
    return !written && privilege_.is_permitted && is_denied(written.error());
}

Result<void> RecordingScoreWriter::write_privileged(Process& process, int value) {
    if (auto on = privilege_.set_effective(true); !on)
        return on;
    auto done = process.write_score(value);
    (void)privilege_.set_effective(false);
    return done;
}

}  // namespace oomguard::daemon
