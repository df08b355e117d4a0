// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/oomd.hpp"
#include "core/process.hpp"

namespace oomguard::daemon {

/// What is only told of a process, and decides nothing.
struct ProcessFigures {
    ProcessId id;
    Uid uid = 0;               ///< the real one
    Uid owner = 0;             ///< see sys::ProcDir::read_owner
    std::uint64_t memory = 0;  ///< see sys::ProcDir::read_memory; 0 if it has none
    std::uint32_t oom_score = 0;
    std::optional<OomdPreference> oomd_preference;  ///< none: it cannot be read
};

/// Whether /proc shows the executable to this user: the process's own, or root.
[[nodiscard]] inline bool may_see_executable(const ProcessFigures& figures, Uid user) {
    return user == 0 || (user == figures.uid && user == figures.owner);
}

}  // namespace oomguard::daemon
