// SPDX-License-Identifier: MIT
#include "daemon/pending_set.hpp"

#include <algorithm>

namespace oomguard::daemon {

void PendingSet::found(Pid pid, Time now) {
    Entry& entry = entries_[pid];
    if (entry.due != Time{})
        unschedule(pid, entry.due);
    entry.found = now;
    schedule(pid, entry, now);
}

void PendingSet::forked(Pid pid, Time now, std::chrono::milliseconds pause) {
    Entry& entry = entries_[pid];
    if (entry.due != Time{})
        return;
    entry.found = now;
    schedule(pid, entry, now + pause);
}

void PendingSet::ended(Pid pid) {
    const auto found = entries_.find(pid);
    if (found == entries_.end())
        return;
    unschedule(pid, found->second.due);
    entries_.erase(found);
}

void PendingSet::hurry(Time now) {
    queue_.clear();
    for (auto& [pid, entry] : entries_) {
        schedule(pid, entry, std::min(entry.due, now));
    }
}

std::optional<Time> PendingSet::next_due() const {
    return queue_.empty() ? std::nullopt : std::optional(queue_.begin()->first);
}

bool PendingSet::is_due(Pid pid, Time now) const {
    const auto found = entries_.find(pid);
    return found != entries_.end() && found->second.due <= now;
}

std::vector<Pid> PendingSet::take_due(Time now, std::size_t most) {
    std::vector<Pid> due;
    while (due.size() < most && !queue_.empty() && queue_.begin()->first <= now) {
        const Pid pid = queue_.begin()->second;
        queue_.erase(queue_.begin());
        due.push_back(pid);

        Entry& entry = entries_.at(pid);
        if (now < entry.found + kFirstRecheck)
            schedule(pid, entry, entry.found + kFirstRecheck);
        else if (now < entry.found + kSecondRecheck)
            schedule(pid, entry, entry.found + kSecondRecheck);
        else
            entries_.erase(pid);
    }
    return due;
}

void PendingSet::schedule(Pid pid, Entry& entry, Time due) {
    entry.due = due;
    queue_.emplace(due, pid);
}

void PendingSet::unschedule(Pid pid, Time due) {
    const auto [begin, end] = queue_.equal_range(due);
    for (auto at = begin; at != end; ++at) {
        if (at->second == pid) {
            queue_.erase(at);
            return;
        }
    }
}

}  // namespace oomguard::daemon
