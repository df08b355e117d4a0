// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "daemon/guard.hpp"

// How the guard sees to it that no rule makes the machine unkillable.
namespace oomguard::daemon {
namespace {

/// Whether it is one of those of which is counted whom they lower.
bool is_limited(const Rule& rule) {
    return !rule.broad &&
           (rule.value.kind == Value::Kind::Exactly || rule.value.kind == Value::Kind::AtMost);
}

/// By which workers are told: those of a rule that includes descendants may have any name.
std::string worker_name(const Rule& rule, const std::string& name) {
    return rule.children == Children::Include ? std::string() : name;
}

}  // namespace

/// Why the process cannot be held at -1000, if that is what was decided. Under a memory limit a
/// cgroup of unkillable processes livelocks the kernel, and so does a whole machine.
Result<Clipping> Guard::clipping_of(Process& process, const Decision& decision) {
    const Snapshot& snapshot = process.snapshot();
    if (decision.kind != Decision::Kind::Hold || decision.wanted > kLowestScore) {
        unkillable_.erase(snapshot.id.pid);
        return Clipping::None;
    }
    if (auto done = process.read(Field::MemoryLimit); !done)
        return done.error();
    if (snapshot.memory_limited) {
        unkillable_.erase(snapshot.id.pid);
        return Clipping::MemoryLimit;
    }
    if (auto done = process.read(Field::Memory); !done)
        return done.error();
    const bool may = unkillable_.admit(snapshot.id, snapshot.memory, was_unkillable(snapshot.id));
    return may ? Clipping::None : Clipping::Unkillable;
}

/// What an earlier daemon decided, of one that it held at the lowest score or next to it.
std::optional<bool> Guard::was_unkillable(ProcessId id) const {
    const auto held = holdings_.find(id.pid);
    const bool is_adopted = held != holdings_.end() && held->second.id == id &&
                            held->second.rule.empty() && held->second.written;
    if (!is_adopted || held->second.written->value > kLowestKillableScore)
        return std::nullopt;
    return held->second.written->value == kLowestScore;
}

void Guard::limit_unkillable_memory() {
    constexpr std::uint64_t kAll = 100;
    unkillable_.set_limit(table_.machine_memory() / kAll * options_.unkillable_percent,
                          table_.machine_memory_in_use());
}

/// Whether it is to be counted, before this sweep does anything, whom each rule lowers: that takes
/// a look at every process.
bool Guard::is_census_due(std::size_t processes) const {
    const auto& rules = rules_->rules();
    if (!held_back_.empty())
        return true;
    // So few are never too many.
    if (!is_too_broad({processes, processes}, false))
        return false;
    return (must_count_ && std::any_of(rules.begin(), rules.end(), is_limited)) ||
           may_be_too_broad();
}

/// By what is held, without a look at any process.
bool Guard::may_be_too_broad() const {
    if (!is_too_broad({holdings_.size(), counters_.processes}, false))
        return false;
    Coverage coverage;
    for (const auto& [pid, holding] : holdings_) {
        const Rule* const rule = holding.rule_in_force.get();
        if (rule == nullptr || holding.is_by_descent || holding.wanted >= holding.original)
            continue;
        if (const auto index = limited_index(*rule))
            coverage.add(*index, pid, holding.parent, worker_name(*rule, holding.name));
    }
    const auto shares = coverage.shares(counters_.processes);
    return std::any_of(shares.begin(), shares.end(),
                       [](const auto& entry) { return is_too_broad(entry.second, false); });
}

/// Of a rule of which is counted whom it lowers.
std::optional<std::size_t> Guard::limited_index(const Rule& rule) const {
    return is_limited(rule) ? rules_->index_of(rule) : std::nullopt;
}

void Guard::hold_back_broad_rules(const std::vector<Pid>& pids) {
    must_count_ = false;
    const auto before = std::exchange(held_back_, {});
    // Whom a rule lowers that is held back, the next one may lower that means them.
    for (bool is_found = true; is_found;) {
        is_found = false;
        for (const auto& [rule, share] : count_all(pids)) {
            if (is_too_broad(share, before.contains(rule)))
                is_found |= held_back_.emplace(rule, share).second;
        }
    }
    const bool is_as_before =
        std::equal(before.begin(), before.end(), held_back_.begin(), held_back_.end(),
                   [](const auto& one, const auto& other) { return one.first == other.first; });
    if (!is_as_before)
        look_at_all_again();
}

std::map<std::size_t, Share> Guard::count_all(const std::vector<Pid>& pids) const {
    Coverage coverage;
    std::size_t processes = 0;
    for (const Pid pid : pids) {
        // One that has ended, or cannot be read, is told by whoever looks at it next.
        (void)count(pid, coverage, processes);
    }
    return coverage.shares(processes);
}

Result<void> Guard::count(Pid pid, Coverage& coverage, std::size_t& processes) const {
    const auto process = table_.open(pid);
    if (!process)
        return process.error();
    const Snapshot& snapshot = (*process)->snapshot();
    if (snapshot.kernel_thread || snapshot.zombie)
        return {};
    ++processes;
    if (is_never_held(pid))
        return {};
    const auto finding = look(**process, std::nullopt);
    if (!finding)
        return finding.error();
    if (!finding->rule || finding->is_by_descent || finding->exempt)
        return {};
    const auto index = limited_index(*finding->rule);
    if (index && lowers(snapshot, *finding))
        coverage.add(*index, pid, snapshot.parent_pid, worker_name(*finding->rule, snapshot.comm));
    return {};
}

}  // namespace oomguard::daemon
