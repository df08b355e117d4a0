// SPDX-License-Identifier: MIT
#include "daemon/guard.hpp"

#include <algorithm>
#include <utility>

namespace oomguard::daemon {

Guard::Guard(ProcessTable& table, ScoreWriter& writer, Observer& observer, Pid self)
    : table_(table), writer_(writer), observer_(observer), self_(self) {}

void Guard::set_options(Options options) {
    // While it was not known what is owed to whom, children were seen and left as they were: what
    // they have inherited is given back as of those that are new.
    if (options_.keep_adopted && !options.keep_adopted)
        std::erase_if(known_, [](const auto& entry) { return !entry.second.heritage; });
    options_ = std::move(options);
}

void Guard::set_rules(std::shared_ptr<const RuleSet> rules) {
    rules_ = std::move(rules);
    matches_.assign(rules_->rules().size(), 0);
    distrusts_.clear();
    held_back_.clear();
    must_count_ = true;
    rules_wish_ = std::any_of(rules_->rules().begin(), rules_->rules().end(), [](const Rule& rule) {
        return rule.systemd_oomd != OomdPreference::None;
    });
    for (auto& [pid, holding] : holdings_) {
        holding.rule_in_force.reset();
        holding.counted_for.reset();
    }
    look_at_all_again();
}

/// Which rule means whom may have changed: nothing that was found before counts.
void Guard::look_at_all_again() {
    for (auto& [pid, known] : known_) {
        known.likeness = 0;
        known.has_family = true;
    }
    for (auto& [pid, holding] : holdings_)
        holding.is_judged = false;
}

Result<std::size_t> Guard::sweep(Time now, const std::function<void()>& listed) {
    auto pids = table_.pids();
    if (!pids)
        return pids.error();
    std::sort(pids->begin(), pids->end());
    limit_unkillable_memory();
    if (is_census_due(pids->size()))
        hold_back_broad_rules(*pids);
    // Not before, as it may look at processes.
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

    std::vector<Pid> expected;
    for (const auto& [pid, holding] : holdings_)
        expected.push_back(pid);
    for (const ProcessId id : pins_.owners())
        expected.push_back(id.pid);
    for (const auto& [pid, wish] : wishes_.all())
        expected.push_back(pid);
    for (const Pid pid : expected) {
        if (!std::binary_search(pids->begin(), pids->end(), pid))
            examine(pid, now);
    }
    for (const Pid pid : unkillable_.rebalance())
        examine(pid, now);
    forget_ended(*pids);
    return counters_.processes;
}

bool Guard::is_never_held(Pid pid) const {
    return pid <= 1 || pid == self_;
}

bool Guard::examine(Pid pid, Time now, std::optional<Pid> forked_from) {
    const bool is_process = examine_one(pid, now, forked_from);
    give_back_uprooted(now);
    return is_process;
}

bool Guard::examine_one(Pid pid, Time now, std::optional<Pid> forked_from) {
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
    forget_earlier(snapshot);
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
    if (const auto owner = pins_.owner(pid))
        drop_pin(*owner, std::nullopt);
    drop_wish(pid);
    return false;
}

RulePointer Guard::rule_at(std::size_t index) const {
    return {rules_, &rules_->rules()[index]};
}

Result<RulePointer> Guard::first_match(Process& process) const {
    if (RulePointer pin = pins_.find(process.snapshot().id))
        return pin;
    return first_match_in_files(process);
}

Result<RulePointer> Guard::first_match_in_files(Process& process, std::size_t from) const {
    for (Verdict verdict = rules_->find(process.snapshot(), from);
         verdict.kind != Verdict::Kind::Unmatched;
         verdict = rules_->find(process.snapshot(), from)) {
        if (verdict.kind == Verdict::Kind::Matched) {
            if (!held_back_.contains(verdict.rule))
                return rule_at(verdict.rule);
            from = verdict.rule + 1;
            continue;
        }
        if (auto done = process.read(verdict.needed); !done)
            return done.error();
    }
    return RulePointer();
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
    if (auto done = pass_over_distrusted(process, finding); !done)
        return done.error();
    finding.may_disinherit = finding.may_disinherit && !finding.rule;
    if (auto done = find_by_descent(process, finding); !done)
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
    for (const Field field : {Field::Credentials, Field::Cgroup, Field::Exe, Field::MemoryLimit}) {
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
    auto finding = look(process, forked_from);
    if (!finding)
        return finding.error();
    tell_distrust(snapshot, *finding);
    std::optional<Value> value;
    if (finding->rule && !finding->exempt)
        value = finding->rule->value;
    const auto written = record_of(snapshot.id.pid);
    Decision decision = decide(value, finding->score, written, finding->inherited);
    const auto clipping = clipping_of(process, decision);
    if (!clipping)
        return clipping.error();
    finding->clipping = *clipping;
    if (*clipping != Clipping::None)
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
        note_wish(process, *finding);
        return {};
    }
    const auto held = holdings_.find(snapshot.id.pid);
    // Never written to, it has another's score all the same.
    if (held != holdings_.end() && decision.kind == Decision::Kind::Disinherit)
        held->second.written = finding->inherited;
    if (held != holdings_.end() && held->second.may_keep && held->second.rule_in_force)
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
    note_wish(process, *finding);
    return {};
}

}  // namespace oomguard::daemon
