// SPDX-License-Identifier: MIT
#include "daemon/guard.hpp"

#include <algorithm>
#include <utility>

namespace oomguard::daemon {
namespace {

/// What is to be on record once the process has the value that it is to be held at.
Written written_by(const Decision& decision, const Holding& holding) {
    return {decision.original, decision.wanted, decision.floor_lowered, holding.descent};
}

}  // namespace

Guard::Guard(ProcessTable& table, ScoreWriter& writer, Observer& observer, Pid self)
    : table_(table), writer_(writer), observer_(observer), self_(self) {}

void Guard::set_options(Options options) {
    options_ = std::move(options);
}

void Guard::set_rules(std::shared_ptr<const RuleSet> rules) {
    rules_ = std::move(rules);
    matches_.assign(rules_->rules().size(), 0);
    for (auto& [pid, known] : known_) {
        known.likeness = 0;
        known.has_family = true;
    }
    for (auto& [pid, holding] : holdings_) {
        holding.rule_index = Holding::kNoRule;
        holding.is_judged = false;
    }
}

Result<std::size_t> Guard::sweep(Time now, const std::function<void()>& listed) {
    auto pids = table_.pids();
    if (!pids)
        return pids.error();
    std::sort(pids->begin(), pids->end());
    if (listed)
        listed();
    ++counters_.sweeps;
    counters_.over_limit = 0;
    counters_.processes = 0;
    out_of_order_.emplace();
    for (const Pid pid : *pids)
        counters_.processes += examine(pid, now) ? std::size_t{1} : std::size_t{0};
    const auto again = std::exchange(out_of_order_, std::nullopt);
    for (const auto& [pid, parent] : *again) {
        if (hands_down(parent))
            examine(pid, now);
    }

    std::vector<Pid> held;
    for (const auto& [pid, holding] : holdings_)
        held.push_back(pid);
    for (const Pid pid : held) {
        if (!std::binary_search(pids->begin(), pids->end(), pid))
            examine(pid, now);
    }
    forget_ended(*pids);
    return counters_.processes;
}

bool Guard::is_never_held(Pid pid) const {
    return pid <= 1 || pid == self_;
}

bool Guard::examine(Pid pid, Time now, std::optional<Pid> forked_from) {
    if (is_never_held(pid))
        return true;
    if (const auto seen = forked_from ? std::nullopt : glance(pid))
        return *seen;
    const auto process = table_.open(pid);
    if (!process) {
        if (forked_from)
            remember_unseen(pid, *forked_from);
        return lost(pid, process.error());
    }
    const Snapshot& snapshot = (*process)->snapshot();
    const auto known = holdings_.find(pid);
    if (known != holdings_.end() && (known->second.id != snapshot.id || snapshot.zombie))
        forget(pid, ReleaseReason::Gone, known->second.current);
    if (snapshot.zombie && forked_from)
        remember_unseen(pid, *forked_from);
    if (snapshot.kernel_thread)
        know_stranger(snapshot);
    if (snapshot.kernel_thread || snapshot.zombie)
        return !snapshot.kernel_thread;
    if (const auto done = judge(**process, forked_from, now); !done)
        return lost(pid, done.error());
    return true;
}

bool Guard::lost(Pid pid, const Error& error) {
    if (!is_gone(error)) {
        observer_.on_unreadable(pid, error);
        return true;
    }
    if (const auto known = holdings_.find(pid); known != holdings_.end())
        forget(pid, ReleaseReason::Gone, known->second.current);
    return false;
}

Result<std::optional<std::size_t>> Guard::first_match(Process& process) const {
    for (Verdict verdict = rules_->find(process.snapshot());
         verdict.kind != Verdict::Kind::Unmatched; verdict = rules_->find(process.snapshot())) {
        if (verdict.kind == Verdict::Kind::Matched)
            return std::optional(verdict.rule);
        if (auto done = process.read(verdict.needed); !done)
            return done.error();
    }
    return std::optional<std::size_t>();
}

Result<bool> Guard::is_exempt(Process& process) const {
    const auto& exempt = options_.exempt_cgroups;
    if (exempt.empty())
        return false;
    if (auto done = process.read(Field::Cgroup); !done)
        return done.error();
    return std::any_of(exempt.begin(), exempt.end(), [&](const Pattern& pattern) {
        return pattern.matches(process.snapshot().cgroup);
    });
}

Result<Guard::Finding> Guard::look(Process& process, std::optional<Pid> forked_from) const {
    Finding finding;
    const auto rule = first_match(process);
    if (!rule)
        return rule.error();
    finding.rule = *rule;
    if (!finding.rule && is_stranger(process.snapshot(), forked_from))
        return finding;
    const auto score = process.read_score();
    if (!score)
        return score.error();
    finding.score = *score;
    if (auto done = look_back(process, forked_from, finding); !done)
        return done.error();
    if (finding.rule || finding.inherited) {
        const auto exempt = is_exempt(process);
        if (!exempt)
            return exempt.error();
        finding.exempt = *exempt;
    }
    return finding;
}

Result<Guard::Finding> Guard::inspect(Pid pid) {
    const auto process = table_.open(pid);
    if (!process)
        return process.error();
    auto finding = look(**process, std::nullopt);
    const auto score = (*process)->read_score();
    if (!score)
        return score.error();
    for (const Field field : {Field::Credentials, Field::Cgroup}) {
        if (auto done = (*process)->read(field); !done)
            return done.error();
    }
    if (finding) {
        finding->score = *score;
        finding->snapshot = (*process)->snapshot();
        if (is_never_held(pid) || finding->snapshot.kernel_thread || finding->snapshot.zombie)
            finding->rule.reset();
    }
    return finding;
}

Result<void> Guard::judge(Process& process, std::optional<Pid> forked_from, Time now) {
    const Snapshot& snapshot = process.snapshot();
    judge_forebears(snapshot, forked_from, now);
    const auto finding = look(process, forked_from);
    if (!finding)
        return finding.error();
    std::optional<Value> value;
    if (finding->rule && !finding->exempt)
        value = rules_->rules()[*finding->rule].value;
    const auto written = record_of(snapshot.id.pid);
    Decision decision = decide(value, finding->score, written, finding->inherited);
    const auto clip = must_stay_killable(process, decision);
    if (!clip)
        return clip.error();
    if (*clip)
        decision = decide(value, finding->score, written, finding->inherited, kLowestKillableScore);
    if (decision.kind == Decision::Kind::Hold) {
        if (auto done = process.read(Field::Credentials); !done)
            return done.error();
        // Read once, for what likely_forebear compares.
        if (!holdings_.contains(snapshot.id.pid)) {
            if (auto done = process.read(Field::Cgroup); !done)
                return done.error();
        }
        hold(process, *finding, decision, now);
        return {};
    }
    const auto held = holdings_.find(snapshot.id.pid);
    if (held != holdings_.end() && held->second.may_keep &&
        held->second.rule_index != Holding::kNoRule)
        forget(snapshot.id.pid, ReleaseReason::Unmatched, finding->score);
    else if (held != holdings_.end())
        release(process, decision,
                finding->exempt ? ReleaseReason::Exempt : ReleaseReason::Unmatched, now);
    else if (decision.kind == Decision::Kind::Disinherit && finding->may_disinherit)
        disinherit(process, *finding, decision, forked_from.value_or(snapshot.parent_pid), now);
    if (finding->rule)
        know(snapshot);
    else
        know_stranger(snapshot);
    return {};
}

Result<bool> Guard::must_stay_killable(Process& process, const Decision& decision) {
    if (decision.kind != Decision::Kind::Hold || decision.wanted > kLowestScore)
        return false;
    if (auto done = process.read(Field::MemoryLimit); !done)
        return done.error();
    return process.snapshot().memory_limited;
}

void Guard::hold(Process& process, const Finding& finding, const Decision& decision, Time now) {
    const Snapshot& snapshot = process.snapshot();
    const std::size_t rule_index = *finding.rule;
    const Rule& rule = rules_->rules()[rule_index];
    auto found = holdings_.find(snapshot.id.pid);
    if (found == holdings_.end()) {
        if (holdings_.size() >= options_.most_holdings) {
            ++counters_.over_limit;
            return;
        }
        found = holdings_.try_emplace(snapshot.id.pid).first;
        found->second.id = snapshot.id;
        found->second.may_keep = finding.may_keep && !decision.write;
    }
    Holding& holding = found->second;
    if (holding.rule_index != rule_index)
        ++matches_[rule_index];
    const bool is_news = holding.rule != rule.name || holding.wanted != decision.wanted ||
                         holding.clipped != decision.clipped;
    if (is_news) {
        holding.repairs = {};
        holding.refusals = {};
        holding.last_error.clear();
    }
    holding.name = snapshot.comm;
    holding.parent = snapshot.parent_pid;
    holding.uid = snapshot.uid;
    holding.rule = rule.name;
    holding.rule_index = rule_index;
    holding.original = decision.original;
    holding.wanted = decision.wanted;
    holding.clipped = decision.clipped;
    holding.descent = finding.descent;
    holding.is_by_descent = finding.is_by_descent;
    holding.children = rule.children;
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
    if (holding.written && holding.written->value != written->value)
        leave_heritage(holding);
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
