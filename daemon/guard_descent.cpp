// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <string_view>
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

/// Of what exec and prctl(PR_SET_NAME) change; 0 if an exec cannot be seen.
std::size_t likeness_of(const Snapshot& snapshot) {
    if (snapshot.kernel_thread)
        return 1;
    if (snapshot.image == 0)
        return 0;
    return std::hash<std::string_view>()(snapshot.comm) ^ snapshot.image;
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

std::vector<Heritage> Guard::heritages_of(Pid pid, std::uint64_t child_start) const {
    std::vector<Heritage> heritages;
    for (const Holdings* holdings : {&holdings_, &departed_}) {
        const auto found = holdings->find(pid);
        if (found == holdings->end() || found->second.id.start_time > child_start)
            continue;
        const Holding& holding = found->second;
        // Of what was adopted it is not known what the rule says of its children.
        const bool is_unclear = options_.keep_adopted && holding.rule.empty();
        heritages.push_back({holding.written, is_unclear ? Children::Inherit : holding.children,
                             descent_below(holding)});
    }
    const auto known = known_.find(pid);
    if (known != known_.end() && known->second.heritage && known->second.start_time <= child_start)
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
    for (const Heritage& heritage : heritages) {
        if (!heritage.written || heritage.written->value != finding.score)
            continue;
        finding.inherited = heritage.written;
        finding.may_keep = heritage.children == Children::Inherit;
        finding.may_disinherit = is_new && !finding.may_keep && !options_.dry_run && !finding.rule;
        break;
    }
    // The nearest forebear that is held decides; where there is none any more, the last one.
    if (!heritages.empty())
        finding.descent = heritages.front().descent;
    const auto held = holdings_.find(snapshot.id.pid);
    if (!finding.descent && held != holdings_.end())
        finding.descent = held->second.descent;
    if (finding.rule || !finding.descent)
        return {};
    const auto included = includes(*finding.descent, process, finding.rule);
    if (!included)
        return included.error();
    finding.is_by_descent = *included;
    return {};
}

Result<bool> Guard::includes(const Descent& descent, Process& process,
                             std::optional<std::size_t>& rule) const {
    const auto index = including_rule(descent);
    if (!index)
        return false;
    const Rule& including = rules_->rules()[*index];
    Truth excepted = excepts(including, process.snapshot());
    while (excepted.kind == Truth::Kind::Unknown) {
        if (auto done = process.read(excepted.needed); !done)
            return done.error();
        excepted = excepts(including, process.snapshot());
    }
    if (excepted.kind == Truth::Kind::Yes)
        return false;
    rule = index;
    return true;
}

std::optional<std::size_t> Guard::including_rule(const Descent& descent) const {
    const auto& rules = rules_->rules();
    std::size_t index = Holding::kNoRule;
    const auto root = holdings_.find(descent.root.pid);
    if (root != holdings_.end() && root->second.id == descent.root) {
        index = root->second.rule_index;
    } else if (has_ended(descent.root)) {
        const auto named = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) {
            return rule.name == descent.rule;
        });
        if (named != rules.end())
            index = static_cast<std::size_t>(named - rules.begin());
    }
    if (index == Holding::kNoRule || rules[index].children != Children::Include)
        return std::nullopt;
    return index;
}

/// An orphan that was never seen before: whoever forked it ended before anybody told of it. It
/// counts as a child of a held process that is older, in the same cgroup, and has the same score;
/// unless its present parent has that score too, or is also the parent of that process.
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
            if (holding.cgroup.empty() || holding.cgroup != snapshot.cgroup)
                continue;
            const auto parent = table_.open(snapshot.parent_pid);
            const auto parent_score = parent ? (*parent)->read_score() : parent.error();
            return parent_score && *parent_score == score ? none : std::optional(pid);
        }
    }
    return none;
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
            examine(pid, now);
    };
    judge_first(parent);
    // A list of processes can hold a child without the parent that was forked after it was begun.
    const bool is_unseen = !holdings_.contains(parent) && !known_.contains(parent);
    if (is_unseen && is_first_sight(snapshot.id))
        examine(parent, now);
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

bool Guard::is_child_alike(Pid parent) const {
    const auto known = known_.find(parent);
    return known != known_.end() && !known->second.has_family;
}

void Guard::know(const Snapshot& snapshot) {
    Known& known = known_[snapshot.id.pid];
    if (known.start_time != snapshot.id.start_time)
        known = {.start_time = snapshot.id.start_time, .heritage = nullptr};
    known.likeness = 0;
    known.has_family = snapshot.has(Field::Parent) || snapshot.has(Field::Ancestors);
}

/// One that no rule means. If that was told by its name and executable, a new look is needed only
/// when its likeness changes, and now and then because an executable can be moved while it runs.
void Guard::know_stranger(const Snapshot& snapshot) {
    know(snapshot);
    const auto needed_other = [&] {
        for (const Field field : {Field::Credentials, Field::Cgroup, Field::Parent,
                                  Field::Ancestors, Field::MemoryLimit, Field::Cmdline}) {
            if (snapshot.has(field))
                return true;
        }
        return false;
    };
    Known& known = known_[snapshot.id.pid];
    known.likeness = needed_other() ? 0 : likeness_of(snapshot);
    known.glances = 0;
}

/// The answer of examine() for a stranger that is as it was; nullopt for all others.
std::optional<bool> Guard::glance(Pid pid) {
    constexpr unsigned kMostGlances = 6;
    const auto known = known_.find(pid);
    if (known == known_.end() || known->second.likeness == 0 || holdings_.contains(pid))
        return std::nullopt;
    if (++known->second.glances > kMostGlances)
        return std::nullopt;
    const auto snapshot = table_.glance(pid);
    if (!snapshot || snapshot->id.start_time != known->second.start_time || snapshot->zombie ||
        likeness_of(*snapshot) != known->second.likeness || hands_down(snapshot->parent_pid))
        return std::nullopt;
    note_order(pid, snapshot->parent_pid);
    return !snapshot->kernel_thread;
}

void Guard::note_order(Pid pid, Pid parent) {
    if (out_of_order_ && parent > pid)
        out_of_order_->push_back({pid, parent});
}

void Guard::leave_heritage(const Holding& holding) {
    if (holding.written && holding.written->is_owed())
        known_[holding.id.pid] = {
            holding.id.start_time,
            std::make_unique<Heritage>(Heritage{holding.written, holding.children, std::nullopt})};
}

void Guard::remember_unseen(Pid pid, Pid parent) {
    const auto heritages = heritages_of(parent, static_cast<std::uint64_t>(-1));
    if (!heritages.empty())
        known_[pid] = {.heritage = std::make_unique<Heritage>(heritages.front())};
}

void Guard::ended(Pid pid, Time now) {
    known_.erase(pid);
    if (holdings_.contains(pid))
        examine(pid, now);
    // Whatever it has forked was told before its end.
    departed_.erase(pid);
}

void Guard::forget_ended(const std::vector<Pid>& sorted_pids) {
    constexpr unsigned kSweepsKept = 2;
    std::erase_if(departed_, [&](const auto& entry) {
        return entry.second.departed_after < counters_.sweeps;
    });
    std::erase_if(known_, [&](const auto& entry) {
        return !std::binary_search(sorted_pids.begin(), sorted_pids.end(), entry.first);
    });
    for (auto& [pid, known] : known_) {
        if (known.heritage && ++known.sweeps > kSweepsKept)
            known.heritage.reset();
    }
}

}  // namespace oomguard::daemon
