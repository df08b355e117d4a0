// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace oomguard::daemon {

/// Who may call a method of the interface. Root, and whoever has the daemon's own user, may call
/// them all.
struct Access {
    enum class Kind {
        Read,       ///< anyone, less how many processes there are where /proc hides them
        Processes,  ///< whoever /proc shows all processes to; others if polkit grants the action
        Change,     ///< those to whom polkit grants the action
    };

    std::string_view method;
    Kind kind = Kind::Change;
    const char* action = "";  ///< of polkit, in org.oomguard1.policy
};

/// All there are: what is not in here is refused to everyone.
inline constexpr auto kAccess = std::to_array<Access>({
    {"ListRules", Access::Kind::Read, ""},
    {"ListProcesses", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"GetProcess", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"Explain", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"Rank", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"RankCgroup", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"ListMemory", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"ListEvents", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"ListKills", Access::Kind::Processes, "org.oomguard1.see-processes"},
    {"Hold", Access::Kind::Change, "org.oomguard1.hold"},
    {"HoldTree", Access::Kind::Change, "org.oomguard1.hold"},
    {"Release", Access::Kind::Change, "org.oomguard1.hold"},
    {"Reload", Access::Kind::Change, "org.oomguard1.reload"},
    {"Rescan", Access::Kind::Change, "org.oomguard1.rescan"},
});

/// Null if the method has no entry.
[[nodiscard]] constexpr const Access* find_access(std::string_view method) {
    const auto* const found =
        std::find_if(kAccess.begin(), kAccess.end(),
                     [method](const Access& access) { return access.method == method; });
    return found == kAccess.end() ? nullptr : found;
}

}  // namespace oomguard::daemon
