// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/guard.hpp"

// What the guard remembers of those that it does not hold.
namespace oomguard::daemon {
namespace {

/// Of what exec and prctl(PR_SET_NAME) change; 0 if an exec cannot be seen.
std::size_t likeness_of(const Snapshot& snapshot) {
    if (snapshot.kernel_thread)
        return 1;
    if (snapshot.image == 0)
        return 0;
    return std::hash<std::string_view>()(snapshot.comm) ^ snapshot.image;
}

}  // namespace

bool Guard::is_child_alike(Pid parent) const {
    const auto known = known_.find(parent);
    return known != known_.end() && !known->second.has_family;
}

Known& Guard::know(const Snapshot& snapshot) {
    Known& known = known_[snapshot.id.pid];
    if (known.start_time != snapshot.id.start_time)
        known = {.start_time = snapshot.id.start_time, .heritage = nullptr};
    known.likeness = 0;
    known.has_family = snapshot.has(Field::Parent) || snapshot.has(Field::Ancestors);
    return known;
}

/// One that no rule means. If that was told by its name and executable, a new look is needed only
/// when its likeness changes, and now and then because an executable can be moved while it runs.
void Guard::know_stranger(const Snapshot& snapshot) {
    constexpr std::array kOthers = {Field::Credentials, Field::Cgroup,    Field::Owners,
                                    Field::Parent,      Field::Ancestors, Field::MemoryLimit,
                                    Field::Memory,      Field::Cmdline};
    const bool needed_other = std::any_of(kOthers.begin(), kOthers.end(),
                                          [&](Field field) { return snapshot.has(field); });
    Known& known = know(snapshot);
    known.likeness = needed_other ? 0 : likeness_of(snapshot);
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
    distrusts_.erase(pid);
    if (is_expected(pid))
        examine(pid, now);
    // Whatever it has forked was told before its end.
    departed_.erase(pid);
}

void Guard::forget_ended(const std::vector<Pid>& sorted_pids) {
    constexpr unsigned kSweepsKept = 2;
    std::erase_if(departed_, [&](const auto& entry) {
        return entry.second.departed_after < counters_.sweeps;
    });
    const auto has_ended = [&](const auto& entry) {
        return !std::binary_search(sorted_pids.begin(), sorted_pids.end(), entry.first);
    };
    unkillable_.erase_all_but([this](Pid pid) { return holdings_.contains(pid); });
    std::erase_if(known_, has_ended);
    std::erase_if(distrusts_, has_ended);
    for (auto& [pid, known] : known_) {
        if (known.heritage && ++known.sweeps > kSweepsKept)
            known.heritage.reset();
    }
}

std::vector<ProcessId> Guard::present() const {
    std::vector<ProcessId> processes;
    processes.reserve(holdings_.size() + known_.size());
    for (const auto& [pid, holding] : holdings_)
        processes.push_back(holding.id);
    for (const auto& [pid, known] : known_) {
        if (known.start_time != 0 && !holdings_.contains(pid))
            processes.push_back({pid, known.start_time});
    }
    return processes;
}

}  // namespace oomguard::daemon
