// SPDX-License-Identifier: MIT
#include "daemon/guard.hpp"

#include <algorithm>
#include <utility>

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

Guard::Guard(ProcessTable& table, ScoreWriter& writer, Observer& observer, Pid self)
    : table_(table), writer_(writer), observer_(observer), self_(self) {}

void Guard::set_options(Options options) {
    options_ = std::move(options);
}

void Guard::set_rules(std::shared_ptr<const RuleSet> rules) {
    rules_ = std::move(rules);
    matches_.assign(rules_->rules().size(), 0);
    for (auto& [pid, holding] : holdings_)
        holding.rule_index = Holding::kNoRule;
}

void Guard::adopt(const Ledger& ledger) {
    for (const auto& [pid, entry] : ledger.entries) {
        const ProcessId id{pid, entry.start_time};
        const auto process = table_.open(pid);
        const Result<int> read = score_of(process, id);
        const int score = read ? *read : entry.written.value;
        const bool has_ended = !read && is_gone(read.error());
        if (has_ended || score == entry.written.original) {
            writer_.forget(id);
            continue;
        }
        Holding holding;
        holding.id = id;
        holding.name = process ? (*process)->snapshot().comm : "";
        holding.written = entry.written;
        // The earlier daemon died after this was recorded and before it was written.
        if (score == entry.before)
            holding.written->value = score;
        holding.original = holding.written->original;
        holding.wanted = holding.written->value;
        holding.current = score;
        holdings_.insert_or_assign(pid, std::move(holding));
    }
}

Result<std::size_t> Guard::sweep(Time now) {
    auto pids = table_.pids();
    if (!pids)
        return pids.error();
    std::sort(pids->begin(), pids->end());
    ++counters_.sweeps;
    counters_.over_limit = 0;
    counters_.processes = 0;
    for (const Pid pid : *pids)
        counters_.processes += examine(pid, now) ? std::size_t{1} : std::size_t{0};

    std::vector<Pid> held;
    for (const auto& [pid, holding] : holdings_)
        held.push_back(pid);
    for (const Pid pid : held) {
        if (!std::binary_search(pids->begin(), pids->end(), pid))
            examine(pid, now);
    }
    return pids->size();
}

bool Guard::is_never_held(Pid pid) const {
    return pid <= 1 || pid == self_;
}

bool Guard::examine(Pid pid, Time now, std::optional<Pid> forked_from) {
    if (is_never_held(pid))
        return true;
    const auto process = table_.open(pid);
    if (!process)
        return lost(pid, process.error());
    const Snapshot& snapshot = (*process)->snapshot();
    const auto known = holdings_.find(pid);
    if (known != holdings_.end() && (known->second.id != snapshot.id || snapshot.zombie))
        forget(pid, ReleaseReason::Gone, known->second.current);
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

Result<Guard::Finding> Guard::look(Process& process) const {
    Finding finding;
    for (Verdict verdict = rules_->find(process.snapshot());
         verdict.kind != Verdict::Kind::Unmatched; verdict = rules_->find(process.snapshot())) {
        if (verdict.kind == Verdict::Kind::Matched) {
            finding.rule = verdict.rule;
            break;
        }
        if (auto done = process.read(verdict.needed); !done)
            return done.error();
    }
    if (finding.rule && !options_.exempt_cgroups.empty()) {
        if (auto done = process.read(Field::Cgroup); !done)
            return done.error();
        const auto& exempt = options_.exempt_cgroups;
        finding.exempt = std::any_of(exempt.begin(), exempt.end(), [&](const Pattern& pattern) {
            return pattern.matches(process.snapshot().cgroup);
        });
    }
    const auto score = process.read_score();
    if (!score)
        return score.error();
    finding.score = *score;
    return finding;
}

Result<Guard::Finding> Guard::inspect(Pid pid) {
    const auto process = table_.open(pid);
    if (!process)
        return process.error();
    auto finding = look(**process);
    for (const Field field : {Field::Credentials, Field::Cgroup}) {
        if (auto done = (*process)->read(field); !done)
            return done.error();
    }
    if (finding) {
        finding->snapshot = (*process)->snapshot();
        if (is_never_held(pid) || finding->snapshot.kernel_thread || finding->snapshot.zombie)
            finding->rule.reset();
    }
    return finding;
}

Result<void> Guard::judge(Process& process, std::optional<Pid> forked_from, Time now) {
    const auto finding = look(process);
    if (!finding)
        return finding.error();
    const Snapshot& snapshot = process.snapshot();
    std::optional<Value> value;
    if (finding->rule && !finding->exempt)
        value = rules_->rules()[*finding->rule].value;
    const Decision decision = decide(value, finding->score, record_of(snapshot.id.pid),
                                     record_of(forked_from.value_or(snapshot.parent_pid)));
    switch (decision.kind) {
        case Decision::Kind::LeaveAlone:
        case Decision::Kind::Release:
            if (holdings_.contains(snapshot.id.pid)) {
                release(process, decision,
                        finding->exempt ? ReleaseReason::Exempt : ReleaseReason::Unmatched, now);
            }
            return {};
        case Decision::Kind::Hold:
            break;
    }
    if (auto done = process.read(Field::Credentials); !done)
        return done.error();
    hold(process, *finding->rule, decision, finding->score, now);
    return {};
}

void Guard::hold(Process& process, std::size_t rule_index, const Decision& decision, int score,
                 Time now) {
    const Snapshot& snapshot = process.snapshot();
    const Rule& rule = rules_->rules()[rule_index];
    auto found = holdings_.find(snapshot.id.pid);
    if (found == holdings_.end()) {
        if (holdings_.size() >= options_.most_holdings) {
            ++counters_.over_limit;
            return;
        }
        found = holdings_.try_emplace(snapshot.id.pid).first;
        found->second.id = snapshot.id;
    }
    Holding& holding = found->second;
    if (holding.rule_index != rule_index)
        ++matches_[rule_index];
    const bool is_news = holding.rule != rule.name || holding.wanted != decision.wanted;
    if (is_news) {
        holding.repairs = {};
        holding.refusals = {};
        holding.last_error.clear();
    }
    holding.name = snapshot.comm;
    holding.uid = snapshot.uid;
    holding.rule = rule.name;
    holding.rule_index = rule_index;
    holding.original = decision.original;
    holding.wanted = decision.wanted;
    holding.current = score;
    if (decision.write) {
        write(process, holding, decision.drift, is_news, now);
        return;
    }
    remember(holding);
    became_held(holding, is_news || holding.state != Holding::State::Held);
}

void Guard::write(Process& process, Holding& holding, bool is_drift, bool is_news, Time now) {
    if (options_.dry_run) {
        const bool told = holding.state == Holding::State::DryRun && !is_news;
        holding.state = Holding::State::DryRun;
        if (!told)
            observer_.on_dry_run(holding);
        return;
    }
    if (!holding.refusals.may_try(now))
        return;
    if (is_drift && !holding.repairs.may_try(now)) {
        if (std::exchange(holding.state, Holding::State::Drifting) != Holding::State::Drifting)
            observer_.on_drifted(holding, holding.current, false);
        return;
    }
    const Written next{holding.original, holding.wanted};
    if (const auto done = writer_.write(process, holding.written, next); !done) {
        refused(holding, done.error(), now);
        return;
    }
    ++counters_.written;
    const int found = std::exchange(holding.current, holding.wanted);
    holding.written = next;
    if (!is_drift) {
        became_held(holding, is_news || holding.state != Holding::State::Held);
        return;
    }
    became_held(holding, false);
    holding.repairs.tried(now);
    ++holding.drifts;
    ++counters_.drifts_repaired;
    observer_.on_drifted(holding, found, true);
}

void Guard::remember(Holding& holding) {
    const Written now{holding.original, holding.wanted};
    if (holding.written == now)
        return;
    holding.written = now;
    // A value that is the process's own needs no record: there is nothing to give back.
    if (now.original == now.value)
        writer_.forget(holding.id);
    else
        writer_.record(holding.id, now);
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

void Guard::release(Process& process, const Decision& decision, ReleaseReason reason, Time now) {
    const Pid pid = process.snapshot().id.pid;
    Holding& holding = holdings_.at(pid);
    if (options_.keep_adopted && holding.rule.empty() && reason == ReleaseReason::Unmatched)
        return;
    if (decision.kind != Decision::Kind::Release || !decision.write) {
        forget(pid, reason, decision.original);
        return;
    }
    std::string rule = std::exchange(holding.rule, {});
    if (!rule.empty()) {
        // Whatever was refused before was another value.
        holding.refusals = {};
        holding.last_error.clear();
    }
    holding.wanted = decision.wanted;
    holding.rule_index = Holding::kNoRule;
    if (options_.dry_run) {
        holding.state = Holding::State::DryRun;
        return;
    }
    if (!holding.refusals.may_try(now))
        return;
    if (const auto done = writer_.restore(process, *holding.written); !done) {
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
    const Holding holding = std::move(found->second);
    holdings_.erase(found);
    writer_.forget(holding.id);
    if (holding.written)
        observer_.on_released(holding, reason, value);
}

std::optional<Written> Guard::record_of(Pid pid) const {
    const auto found = holdings_.find(pid);
    return found == holdings_.end() ? std::nullopt : found->second.written;
}

}  // namespace oomguard::daemon
