// SPDX-License-Identifier: MIT
#include "core/unkillable_memory.hpp"

#include <algorithm>
#include <utility>

namespace oomguard {

bool UnkillableMemory::admit(ProcessId id, std::uint64_t bytes, std::optional<bool> before) {
    const auto [at, is_new] = wants_.try_emplace(id.pid);
    Want& want = at->second;
    admitted_ -= want.is_admitted ? want.bytes : 0;
    if (is_new || want.start_time != id.start_time) {
        want.start_time = id.start_time;
        want.is_admitted = before.value_or(has_room(bytes, limit_));
    }
    want.bytes = bytes;
    admitted_ += want.is_admitted ? want.bytes : 0;
    return want.is_admitted;
}

bool UnkillableMemory::has_room(std::uint64_t bytes, std::uint64_t limit) const {
    return in_use_ <= limit || (admitted_ <= limit && bytes <= limit - admitted_);
}

void UnkillableMemory::erase(Pid pid) {
    const auto want = wants_.find(pid);
    if (want == wants_.end())
        return;
    admitted_ -= want->second.is_admitted ? want->second.bytes : 0;
    wants_.erase(want);
}

void UnkillableMemory::erase_all_but(const std::function<bool(Pid)>& is_kept) {
    std::vector<Pid> others;
    for (const auto& [pid, want] : wants_) {
        if (!is_kept(pid))
            others.push_back(pid);
    }
    for (const Pid pid : others)
        erase(pid);
}

std::vector<Pid> UnkillableMemory::rebalance() {
    using Sizes = std::vector<std::pair<std::uint64_t, Pid>>;
    Sizes admitted;
    Sizes others;
    for (const auto& [pid, want] : wants_)
        (want.is_admitted ? admitted : others).emplace_back(want.bytes, pid);
    std::sort(admitted.begin(), admitted.end());
    std::sort(others.begin(), others.end());

    std::vector<Pid> changed;
    for (; admitted_ > limit_ && in_use_ > limit_; admitted.pop_back()) {
        const auto [bytes, pid] = admitted.back();
        admitted_ -= bytes;
        wants_.at(pid).is_admitted = false;
        changed.push_back(pid);
    }
    const std::uint64_t limit = limit_ / 10 * 9;
    for (const auto& [bytes, pid] : others) {
        if (!has_room(bytes, limit))
            break;
        admitted_ += bytes;
        wants_.at(pid).is_admitted = true;
        changed.push_back(pid);
    }
    return changed;
}

}  // namespace oomguard
