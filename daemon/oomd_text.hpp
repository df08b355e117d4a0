// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "daemon/oomd_keeper.hpp"

namespace oomguard::daemon {

/// What else is to be told of a kept cgroup.
struct OomdSurroundings {
    /// So many of those that no rule wants it for are named.
    static constexpr std::size_t kMostNamed = 5;

    std::vector<std::string> others = {};  ///< such as "'bash' (pid 12)"
    std::size_t unnamed = 0;               ///< how many more there are
    std::string ignored = {};              ///< see why_oomd_ignores
};

/// One line for people: what systemd-oomd is told of the cgroup, or why it is not and what helps;
/// who else is spared; and where systemd-oomd does not care.
[[nodiscard]] std::string oomd_text(const std::string& cgroup, const OomdKeeper::Kept& kept,
                                    const OomdSurroundings& surroundings);

/// That what was there before is back, or why not.
[[nodiscard]] std::string oomd_given_back_text(const OomdMark& mark, const Result<void>& done);

}  // namespace oomguard::daemon
