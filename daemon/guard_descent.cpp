// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "core/match.hpp"
#include "daemon/guard.hpp"

// How the guard deals with the descendants of what it holds.
namespace oomguard::daemon {
namespace {

/// By which a rule means the children of a held process, if it includes them.
std::optional<Descent> descent_below(const Holding& holding) {
    if (holding.rule.empty() || holding.children != Children::Include)
        return std::nullopt;
    return holding.is_by_descent ? holding.descent : Descent{holding.id, holding.rule};
}

}  // namespace

bool Guard::hands_down(Pid pid) const {
    const auto known = known_.find(pid);
    return holdings_.contains(pid) || departed_.contains(pid) ||
           (known != known_.end() && known->second.heritage);
}

bool Guard::is_first_sight(ProcessId id) const {
    const auto known = known_.find(id.pid);
    return !holdings_.contains(id.pid) &&
           (known == known_.end() || known->second.start_time != id.start_time);
}

bool Guard::has_ended(ProcessId id) const {
    const auto process = table_.open(id.pid);
    if (!process)
        return is_gone(process.error());
    const Snapshot& snapshot = (*process)->snapshot();
    return snapshot.id != id || snapshot.zombie;
}

/// True of what has nothing to do with a held process: its score does not matter.
bool Guard::is_stranger(const Snapshot& snapshot, std::optional<Pid> forked_from) const {
    const Pid parent = forked_from.value_or(snapshot.parent_pid);
    const bool may_be_orphan = may_ascribe_orphans() && is_first_sight(snapshot.id);
    return !holdings_.contains(snapshot.id.pid) && !may_be_orphan && !hands_down(parent);
}

/// Not in the first sweep, which sees everything for the first time.
bool Guard::may_ascribe_orphans() const {
    return !forks_are_told_ && counters_.sweeps > 1;
}

/// True if it was forked since its parent got what it has to hand down, as far as is known. The
/// first sweep sees for the first time what may be older, and whose scores are its own.
bool Guard::is_newborn(ProcessId id, std::optional<Pid> forked_from) const {
    const bool is_first_sweep = counters_.sweeps == 0 || (counters_.sweeps == 1 && out_of_order_);
    return is_first_sight(id) && (forked_from || !is_first_sweep);
}

/// True if what is remembered of this pid is of a process that had it before, whose end nobody
/// told.
bool Guard::is_reused(Pid pid) const {
    if (!hands_down(pid))
        return false;
    const auto process = table_.glance(pid);
    if (!process)
        return false;
    if (const auto held = holdings_.find(pid); held != holdings_.end())
        return held->second.id != process->id;
    const auto known = known_.find(pid);
    return known != known_.end() && known->second.start_time != process->id.start_time;
}

/// Who has the pid now forked the child if it is older. Else that was one who had the pid before.
std::vector<Heritage> Guard::heritages_of(Pid pid, std::uint64_t child_start) const {
    if (!hands_down(pid))
        return {};
    const auto owner = table_.glance(pid);
    const bool is_by_owner = owner && !owner->zombie && owner->id.start_time <= child_start;
    const auto is_parent = [&](std::uint64_t start_time) {
        return is_by_owner ? start_time == owner->id.start_time : start_time <= child_start;
    };
    std::vector<Heritage> heritages;
    for (const Holdings* holdings : {&holdings_, &departed_}) {
        const auto found = holdings->find(pid);
        if (found == holdings->end() || !is_parent(found->second.id.start_time))
            continue;
        const Holding& holding = found->second;
        // Of what was adopted it is not known what the rule says of its children.
        const bool is_unclear = options_.keep_adopted && holding.rule.empty();
        heritages.push_back({holding.written, is_unclear ? Children::Inherit : holding.children,
                             descent_below(holding)});
    }
    const auto known = known_.find(pid);
    if (known != known_.end() && known->second.heritage && is_parent(known->second.start_time))
        heritages.push_back(*known->second.heritage);
    return heritages;
}

Result<void> Guard::look_back(Process& process, std::optional<Pid> forked_from,
                              Finding& finding) const {
    const Snapshot& snapshot = process.snapshot();
    const bool is_new = is_first_sight(snapshot.id);
    const Pid parent = forked_from.value_or(snapshot.parent_pid);
    auto heritages = heritages_of(parent, snapshot.id.start_time);
    if (heritages.empty() && is_new) {
        const auto likely = likely_forebear(process, finding.score);
        if (!likely)
            return likely.error();
        if (*likely)
            heritages = heritages_of(**likely, snapshot.id.start_time);
    }
    const bool may_differ = is_newborn(snapshot.id, forked_from);
    for (const Heritage& heritage : heritages) {
        if (!heritage.written || (!may_differ && heritage.written->value != finding.score))
            continue;
        finding.inherited = heritage.written->handed_down(finding.score);
        if (!finding.inherited)
            continue;
        finding.may_keep = heritage.children == Children::Inherit;
        finding.may_disinherit = is_new && !finding.may_keep && !options_.dry_run;
        break;
    }
    // The nearest forebear that is held decides; where there is none any more, the last one.
    if (!heritages.empty())
        finding.descent = heritages.front().descent;
    const auto held = holdings_.find(snapshot.id.pid);
    if (!finding.descent && held != holdings_.end())
        finding.descent = held->second.descent;
    return {};
}

/// Where no rule means the process itself: whether one means it as a descendant.
Result<void> Guard::find_by_descent(Process& process, Finding& finding) const {
    if (finding.rule || !finding.descent)
        return {};
    const auto included = includes(*finding.descent, process, finding.rule);
    if (!included)
        return included.error();
    finding.is_by_descent = *included;
    return distrust_descendant(process, finding);
}

Result<bool> Guard::includes(const Descent& descent, Process& process, RulePointer& rule) const {
    RulePointer including = including_rule(descent);
    if (!including)
        return false;
    Truth excepted = excepts(*including, process.snapshot());
    while (excepted.kind == Truth::Kind::Unknown) {
        if (auto done = process.read(excepted.needed); !done)
            return done.error();
        excepted = excepts(*including, process.snapshot());
    }
    if (excepted.kind == Truth::Kind::Yes)
        return false;
    rule = std::move(including);
    return true;
}

RulePointer Guard::including_rule(const Descent& descent) const {
    const auto& rules = rules_->rules();
    RulePointer including;
    const auto root = holdings_.find(descent.root.pid);
    if (root != holdings_.end() && root->second.id == descent.root) {
        including = root->second.rule_in_force;
    } else if (descent.rule != pin_name(descent.root.pid) && has_ended(descent.root)) {
        // A pin ends with its process, a rule does not.
        const auto named = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) {
            return rule.name == descent.rule;
        });
        if (named != rules.end() &&
            !held_back_.contains(static_cast<std::size_t>(named - rules.begin())))
            including = rule_at(static_cast<std::size_t>(named - rules.begin()));
    }
    return including && including->children == Children::Include ? including : nullptr;
}

/// An orphan that was never seen before: whoever forked it ended before anybody told of it. It
/// counts as a child of a held process that is older, in the same cgroup, and has the same score;
/// unless its present parent has that score too, is also the parent of that process, or is not
/// above it: the kernel gives orphans to a forebear of theirs (find_new_reaper in kernel/exit.c).
Result<std::optional<Pid>> Guard::likely_forebear(Process& process, int score) const {
    std::optional<Pid> none;
    if (!may_ascribe_orphans())
        return none;
    const Snapshot& snapshot = process.snapshot();
    const auto resembles = [&](const Holding& holding) {
        return holding.written && holding.written->value == score && holding.written->is_owed() &&
               holding.children != Children::Inherit &&
               (holding.parent != snapshot.parent_pid || snapshot.parent_pid == 1) &&
               holding.id.start_time <= snapshot.id.start_time;
    };
    for (const Holdings* holdings : {&holdings_, &departed_}) {
        for (const auto& [pid, holding] : *holdings) {
            if (!resembles(holding))
                continue;
            if (auto done = process.read(Field::Cgroup); !done)
                return done.error();
            if (holding.cgroup.empty() || holding.cgroup != snapshot.cgroup ||
                !may_be_above(snapshot.parent_pid, holding.parent))
                continue;
            const auto parent = table_.open(snapshot.parent_pid);
            const auto parent_score = parent ? (*parent)->read_score() : parent.error();
            return parent_score && *parent_score == score ? none : std::optional(pid);
        }
    }
    return none;
}

/// False if the one pid is not that of a forebear of the other, nor the other itself. True where
/// one on the way has ended.
bool Guard::may_be_above(Pid above, Pid pid) const {
    constexpr int kMostForebears = 128;
    for (int number = 0; number < kMostForebears && pid != above; ++number) {
        if (pid <= 1)
            return false;
        const auto snapshot = table_.glance(pid);
        if (!snapshot)
            return true;
        pid = snapshot->parent_pid;
    }
    return true;
}

void Guard::judge_forebears(const Snapshot& snapshot, std::optional<Pid> forked_from, Time now) {
    const auto own = holdings_.find(snapshot.id.pid);
    if (own != holdings_.end())
        own->second.is_judged = true;
    const Pid parent = forked_from.value_or(snapshot.parent_pid);
    note_order(snapshot.id.pid, parent);
    const auto judge_first = [&](Pid pid) {
        const auto held = holdings_.find(pid);
        if (held != holdings_.end() && !held->second.is_judged)
            examine_one(pid, now);
    };
    judge_first(parent);
    // A list of processes can hold a child without the parent that was forked after it was begun.
    const bool is_unseen = !holdings_.contains(parent) && !known_.contains(parent);
    if (is_first_sight(snapshot.id) && (is_unseen || is_reused(parent)))
        examine_one(parent, now);
    for (const Pid pid : {parent, snapshot.id.pid}) {
        const auto held = holdings_.find(pid);
        if (held != holdings_.end() && held->second.descent)
            judge_first(Pid{held->second.descent->root.pid});
    }
}

void Guard::disinherit(Process& process, const Finding& finding, const Decision& decision,
                       Pid parent, Time now) {
    if (finding.exempt)
        return;
    const Snapshot& snapshot = process.snapshot();
    Holding holding;
    holding.id = snapshot.id;
    holding.name = snapshot.comm;
    holding.is_judged = true;
    holding.written = Written{decision.original, finding.score, decision.floor_lowered};
    holding.original = decision.original;
    holding.current = finding.score;
    holdings_.insert_or_assign(snapshot.id.pid, std::move(holding));
    release(process, decision, ReleaseReason::Inherited, now);
    if (const auto left = holdings_.find(snapshot.id.pid); left != holdings_.end())
        writer_.record(snapshot.id, *left->second.written);
    else
        give_back_to_sharer(parent, decision.wanted);
}

/// A process that shares its memory with the one that forked it (CLONE_VM without CLONE_VFORK) also
/// shares its score: the kernel copies each write to all of them (__set_oom_adj in fs/proc/base.c).
/// So the child cannot have another, and what is the parent's is written again.
void Guard::give_back_to_sharer(Pid parent, int score) {
    const auto held = holdings_.find(parent);
    if (held == holdings_.end() || !held->second.written || held->second.written->value == score)
        return;
    const auto process = table_.open(parent);
    if (!process || (*process)->snapshot().id != held->second.id)
        return;
    const auto found = (*process)->read_score();
    if (!found || *found != score)
        return;
    // A refusal shows at the next look at the parent, as a drift that cannot be repaired.
    if (const auto written = writer_.write(**process, held->second.written, *held->second.written))
        held->second.written = *written;
}

}  // namespace oomguard::daemon
