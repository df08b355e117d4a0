// SPDX-License-Identifier: MIT
#include <utility>

#include "daemon/guard.hpp"

// How the guard holds one process at the value that was decided.
namespace oomguard::daemon {
namespace {

/// What is to be on record once the process has the value that it is to be held at.
Written written_by(const Decision& decision, const Holding& holding) {
    return {decision.original, decision.wanted, decision.floor_lowered, holding.descent};
}

/// Up to how many holdings there may be for one more. Whoever likes can start processes that a rule
/// raises, so these leave a quarter of the places to those that are lowered, or asked for by pid.
std::size_t places_for(const Decision& decision, bool is_pinned, std::size_t most) {
    constexpr std::size_t kParts = 4;
    const bool is_preferred = is_pinned || decision.wanted < decision.original;
    return is_preferred ? most : most - most / kParts;
}

}  // namespace

void Guard::hold(Process& process, const Finding& finding, const Decision& decision, Time now) {
    const Snapshot& snapshot = process.snapshot();
    const Rule& rule = *finding.rule;
    auto found = holdings_.find(snapshot.id.pid);
    if (found == holdings_.end()) {
        const bool is_pinned = pins_.find(snapshot.id) != nullptr;
        if (holdings_.size() >= places_for(decision, is_pinned, options_.most_holdings)) {
            ++counters_.over_limit;
            unkillable_.erase(snapshot.id.pid);
            return;
        }
        found = holdings_.try_emplace(snapshot.id.pid).first;
        found->second.id = snapshot.id;
        found->second.may_keep = finding.may_keep && !decision.write;
    }
    Holding& holding = found->second;
    const auto index = rules_->index_of(rule);
    if (index && holding.counted_for != index)
        ++matches_[*index];
    holding.counted_for = index ? index : holding.counted_for;
    const Clipping clipping = decision.clipped ? finding.clipping : Clipping::None;
    const bool is_news = holding.rule != rule.name || holding.wanted != decision.wanted ||
                         holding.clipping != clipping;
    if (is_news) {
        holding.repairs = {};
        holding.refusals = {};
        holding.last_error.clear();
    }
    holding.name = snapshot.comm;
    holding.parent = snapshot.parent_pid;
    holding.uid = snapshot.uid;
    holding.rule = rule.name;
    holding.rule_in_force = finding.rule;
    holding.original = decision.original;
    holding.wanted = decision.wanted;
    holding.clipping = clipping;
    holding.descent = finding.descent;
    holding.is_by_descent = finding.is_by_descent;
    holding.children = rule.children;
    holding.is_trusted = finding.is_trusted;
    if (snapshot.has(Field::Cgroup))
        holding.cgroup = snapshot.cgroup;
    holding.is_judged = true;
    holding.current = finding.score;
    if (decision.write) {
        write(process, holding, decision, is_news, now);
        return;
    }
    remember(holding, written_by(decision, holding));
    became_held(holding, is_news || holding.state != Holding::State::Held);
}

void Guard::write(Process& process, Holding& holding, const Decision& decision, bool is_news,
                  Time now) {
    if (options_.dry_run) {
        const bool told = holding.state == Holding::State::DryRun && !is_news;
        holding.state = Holding::State::DryRun;
        if (!told)
            observer_.on_dry_run(holding);
        return;
    }
    if (!holding.refusals.may_try(now))
        return;
    if (decision.drift && !holding.repairs.may_try(now)) {
        if (std::exchange(holding.state, Holding::State::Drifting) != Holding::State::Drifting)
            observer_.on_drifted(holding, holding.current, false);
        return;
    }
    const auto written = writer_.write(process, holding.written, written_by(decision, holding));
    if (!written) {
        refused(holding, written.error(), now);
        return;
    }
    ++counters_.written;
    const int found = std::exchange(holding.current, holding.wanted);
    // Children that were forked before this write carry the value before.
    if (holding.written && holding.written->value != written->value) {
        leave_heritage(holding);
        holding.may_keep = false;
    }
    holding.written = *written;
    if (!decision.drift) {
        became_held(holding, is_news || holding.state != Holding::State::Held);
        return;
    }
    became_held(holding, false);
    holding.repairs.tried(now);
    ++holding.drifts;
    ++counters_.drifts_repaired;
    observer_.on_drifted(holding, found, true);
}

void Guard::remember(Holding& holding, const Written& carried) {
    if (holding.written == carried)
        return;
    holding.written = carried;
    // A value that is the process's own needs no record: there is nothing to give back.
    if (carried.is_owed())
        writer_.record(holding.id, carried);
    else
        writer_.forget(holding.id);
}

void Guard::became_held(Holding& holding, bool tell) {
    holding.state = Holding::State::Held;
    holding.last_error.clear();
    holding.refusals = {};
    if (tell)
        observer_.on_held(holding);
}

void Guard::refused(Holding& holding, const Error& error, Time now) {
    if (is_gone(error)) {
        forget(holding.id.pid, ReleaseReason::Gone, holding.current);
        return;
    }
    ++counters_.writes_refused;
    holding.refusals.tried(now);
    holding.state = Holding::State::Refused;
    last_refusal_ = error;
    std::string message = error.message();
    if (holding.last_error == message)
        return;
    holding.last_error = std::move(message);
    observer_.on_refused(holding, error);
}

std::optional<Written> Guard::record_of(Pid pid) const {
    const auto found = holdings_.find(pid);
    return found == holdings_.end() ? std::nullopt : found->second.written;
}

}  // namespace oomguard::daemon
