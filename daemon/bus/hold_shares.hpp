// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>

#include "core/process.hpp"
#include "daemon/pins.hpp"

namespace oomguard::daemon {

/// For whom Hold has been done, of those who are not root: each may have so many at a time, so that
/// there are some left for others. Known as long as the daemon runs.
class HoldShares {
  public:
    static constexpr std::size_t kMost = 256;

    /// True if this user may have no more processes held; a process that it has already is none
    /// more.
    [[nodiscard]] bool is_full(Uid user, Pid pid, const Pins& pins) {
        std::erase_if(users_, [&](const auto& entry) { return !pins.owner(entry.first); });
        const auto has = std::count_if(users_.begin(), users_.end(), [&](const auto& entry) {
            return entry.second == user && entry.first != pid;
        });
        return static_cast<std::size_t>(has) >= kMost;
    }

    void note(Uid user, Pid pid) { users_[pid] = user; }
    /// Root has it held now.
    void forget(Pid pid) { users_.erase(pid); }

  private:
    std::map<Pid, Uid> users_;
};

}  // namespace oomguard::daemon
