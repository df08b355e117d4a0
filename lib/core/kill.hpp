// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/process.hpp"

namespace oomguard {

enum class Killer {
    Kernel,
    SystemdOomd,
    Earlyoom,
    Nohang,
    Unknown,  ///< ended by SIGKILL, and no killer said that it had sent it
};

/// "kernel", "systemd-oomd", "earlyoom", "nohang" or "unknown".
[[nodiscard]] const char* killer_text(Killer killer);
[[nodiscard]] std::optional<Killer> killer_of(std::string_view text);

/// A limit of which the kernel did not say whose it is.
inline constexpr const char* kUnnamedLimit = "?";

/// One process that was killed because memory was short. Texts are printable.
struct Kill {
    std::uint64_t usec = 0;  ///< CLOCK_REALTIME
    /// The start time is 0 if it could not be read. The pid is 0 of a cgroup that was killed
    /// without its processes having been seen.
    ProcessId id;
    std::string name;
    std::string user;
    std::string cgroup;
    std::string rule;          ///< that meant it; empty if none did
    std::optional<int> score;  ///< oom_score_adj at death, if it is known
    Killer killer = Killer::Unknown;
    std::uint64_t memory = 0;  ///< bytes; 0 if not known
    /// The cgroup that ran out of memory; empty: the whole machine, or not known of another killer
    /// than the kernel; "?": the kernel did not say which, as in a burst.
    std::string limit;
    std::string situation;    ///< of memory
    std::string why;          ///< why protection did not help; empty if it was not protected
    std::uint64_t batch = 0;  ///< the same for those killed together

    friend bool operator==(const Kill&, const Kill&) = default;
};

/// How a process was protected when it was killed.
struct Protection {
    std::optional<int> wanted = std::nullopt;  ///< a rule's oom_score_adj below 0
    bool from_oomd = false;                    ///< a rule's systemd_oomd

    [[nodiscard]] bool is_any() const { return wanted || from_oomd; }
};

/// What a killer went by, as far as it counts for why protection did not help.
struct KillGrounds {
    Killer killer = Killer::Unknown;
    bool is_group = false;         ///< the kernel killed all of a cgroup (memory.oom.group)
    bool is_on_request = false;    ///< by SysRq f
    bool is_of_allocator = false;  ///< by vm.oom_kill_allocating_task
    std::optional<int> score = std::nullopt;  ///< at death
    std::string limit = {};                   ///< as of Kill
    bool was_by_swap = false;                 ///< systemd-oomd went by the swap used
};

/// Why a protected process was killed nevertheless, and what to do. One sentence, printable.
[[nodiscard]] std::string why_protection_failed(const Protection& protection,
                                                const KillGrounds& grounds);

/// One line for people, without the time: who was killed, by whom, whether a rule covered it.
/// Printable.
[[nodiscard]] std::string kill_text(const Kill& kill);

}  // namespace oomguard
