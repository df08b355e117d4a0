// SPDX-License-Identifier: MIT
#include "core/coverage.hpp"

#include <algorithm>

namespace oomguard {
namespace {

constexpr std::size_t kAFew = 16;

}  // namespace

void Coverage::add(std::size_t rule, Pid pid, Pid parent, const std::string& name) {
    lowered_[rule][pid] = {parent, std::hash<std::string>()(name)};
}

std::map<std::size_t, Share> Coverage::shares(std::size_t processes) const {
    std::map<std::size_t, Share> shares;
    for (const auto& [rule, all] : lowered_) {
        const auto& lowered = all;
        const auto workers = static_cast<std::size_t>(
            std::count_if(lowered.begin(), lowered.end(), [&lowered](const auto& entry) {
                const auto parent = lowered.find(entry.second.parent);
                return parent != lowered.end() && parent->second.name == entry.second.name;
            }));
        shares[rule] = {lowered.size() - workers, processes - std::min(processes, workers)};
    }
    return shares;
}

bool is_too_broad(const Share& share, bool was_too_broad) {
    if (share.lowered <= kAFew)
        return false;
    return was_too_broad ? share.lowered * 5 > share.all * 2 : share.lowered * 2 > share.all;
}

}  // namespace oomguard
