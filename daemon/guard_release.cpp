// SPDX-License-Identifier: MIT
#include <utility>

#include "daemon/guard.hpp"

// How the guard takes over what an earlier daemon held, and how it lets go.
namespace oomguard::daemon {
namespace {

/// The score of the process that was opened, if it is the one that is meant.
Result<int> score_of(const Result<std::unique_ptr<Process>>& opened, ProcessId id) {
    if (!opened)
        return opened.error();
    if ((*opened)->snapshot().id != id)
        return errno_error(ESRCH, "read the score of an earlier process");
    return (*opened)->read_score();
}

}  // namespace

void Guard::adopt(const Ledger& ledger) {
    for (const auto& [pid, entry] : ledger.entries) {
        const ProcessId id{pid, entry.start_time};
        const auto process = table_.open(pid);
        const Result<int> read = score_of(process, id);
        const int score = read ? *read : entry.written.value;
        const bool has_ended = !read && is_gone(read.error());
        const bool is_as_before = score == entry.written.original && !entry.written.floor_lowered;
        if (has_ended || is_as_before) {
            writer_.forget(id);
            continue;
        }
        Holding holding;
        holding.id = id;
        holding.name = process ? (*process)->snapshot().comm : "";
        holding.written = entry.written;
        // The earlier daemon died after this was recorded and before it was written.
        if (score == entry.before || score == entry.written.original)
            holding.written->value = score;
        // Or the next death before a write would leave a record of neither value.
        if (holding.written != entry.written)
            writer_.record(id, *holding.written);
        holding.original = holding.written->original;
        holding.descent = holding.written->descent;
        holding.wanted = holding.written->value;
        holding.current = score;
        holdings_.insert_or_assign(pid, std::move(holding));
    }
    adopt_pins(ledger);
}

void Guard::release(Process& process, const Decision& decision, ReleaseReason reason, Time now) {
    const Pid pid = process.snapshot().id.pid;
    Holding& holding = holdings_.at(pid);
    if (options_.keep_adopted && holding.rule.empty() && reason == ReleaseReason::Unmatched)
        return;
    const bool has_floor = holding.written && holding.written->floor_lowered;
    if (!decision.write && !has_floor) {
        forget(pid, reason, decision.wanted);
        return;
    }
    std::string rule = std::exchange(holding.rule, {});
    if (!rule.empty()) {
        // Whatever was refused before was another value.
        holding.refusals = {};
        holding.last_error.clear();
    }
    holding.wanted = decision.wanted;
    holding.current = decision.current;
    holding.clipping = Clipping::None;
    holding.rule_in_force.reset();
    holding.counted_for.reset();
    if (options_.dry_run) {
        holding.state = Holding::State::DryRun;
        return;
    }
    if (!holding.refusals.may_try(now))
        return;
    if (const auto done = writer_.restore(process, *holding.written, decision.wanted); !done) {
        refused(holding, done.error(), now);
        return;
    }
    ++counters_.written;
    holding.rule = std::move(rule);
    forget(pid, reason, decision.wanted);
}

void Guard::release_all(Time now) {
    for (auto next = holdings_.begin(); next != holdings_.end();) {
        auto& [pid, holding] = *next++;
        holding.refusals = {};
        const auto process = table_.open(pid);
        const Result<int> score = score_of(process, holding.id);
        if (!score && is_gone(score.error()))
            forget(pid, ReleaseReason::Gone, holding.current);
        else if (!score)
            observer_.on_unreadable(pid, score.error());
        else
            release(**process, decide(std::nullopt, *score, holding.written, std::nullopt),
                    ReleaseReason::Stop, now);
    }
}

void Guard::forget(Pid pid, ReleaseReason reason, int value) {
    const auto found = holdings_.find(pid);
    Holding holding = std::move(found->second);
    holdings_.erase(found);
    writer_.forget(holding.id);
    unkillable_.erase(pid);
    if (holding.written)
        observer_.on_released(holding, reason, value);
    if (reason == ReleaseReason::Gone) {
        drop_pin(holding.id, holding.descent);
        holding.departed_after = counters_.sweeps;
        holding.rule_in_force.reset();
        departed_.insert_or_assign(pid, std::move(holding));
    } else {
        leave_heritage(holding);
    }
}

}  // namespace oomguard::daemon
