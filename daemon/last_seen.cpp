// SPDX-License-Identifier: MIT
#include "daemon/last_seen.hpp"

#include <utility>

namespace oomguard::daemon {

void LastSeen::update(const std::vector<ProcessId>& processes,
                      const std::function<std::optional<Snapshot>(Pid pid)>& read) {
    std::unordered_map<Pid, Seen> seen;
    seen.reserve(processes.size());
    for (const auto& [pid, start_time] : processes) {
        if (const auto old = seen_.find(pid);
            old != seen_.end() && old->second.start_time == start_time) {
            seen.insert(seen_.extract(old));
        } else if (auto snapshot = read(pid)) {
            seen[pid] = seen_of(*std::move(snapshot));
        }
    }
    seen_ = std::move(seen);
    std::erase_if(cgroups_, [](const auto& cgroup) { return cgroup.use_count() == 1; });
}

void LastSeen::note(Snapshot snapshot) {
    const Pid pid = snapshot.id.pid;
    seen_[pid] = seen_of(std::move(snapshot));
}

void LastSeen::forget_name(Pid pid) {
    if (const auto found = seen_.find(pid); found != seen_.end())
        found->second.comm.clear();
}

LastSeen::Seen LastSeen::seen_of(Snapshot snapshot) {
    return {snapshot.id.start_time, std::move(snapshot.comm), snapshot.uid,
            shared(std::move(snapshot.cgroup))};
}

const LastSeen::Seen* LastSeen::find(Pid pid) const {
    const auto found = seen_.find(pid);
    return found == seen_.end() ? nullptr : &found->second;
}

std::shared_ptr<const std::string> LastSeen::shared(std::string cgroup) {
    if (const auto found = cgroups_.find(cgroup); found != cgroups_.end())
        return *found;
    return *cgroups_.insert(std::make_shared<const std::string>(std::move(cgroup))).first;
}

}  // namespace oomguard::daemon
