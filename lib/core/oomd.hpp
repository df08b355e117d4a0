// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oomguard {

/// What systemd-oomd is told of a cgroup: ManagedOOMPreference= of systemd.resource-control(5). Of
/// two the greater spares more.
enum class OomdPreference { None, Avoid, Omit };

/// "none", "avoid" or "omit".
[[nodiscard]] const char* preference_text(OomdPreference preference);

/// A preference that we have set on a cgroup, and what was there before.
struct OomdMark {
    std::uint64_t cgroup_id = 0;  ///< the inode number of its directory: one of its own in a boot
    OomdPreference preference = OomdPreference::Omit;  ///< or Avoid
    std::optional<bool> original;  ///< what the attribute said; none: there was none
    std::string cgroup;            ///< its path, to find it by

    friend bool operator==(const OomdMark&, const OomdMark&) = default;
};

/// The version that a text such as "252.39-1~deb12u1" begins with; none if it begins with none.
[[nodiscard]] std::optional<unsigned> systemd_version_of(std::string_view text);

/// What of a cgroup decides whether systemd-oomd looks at its preference.
struct OomdSituation {
    bool is_roots = true;                                    ///< the cgroup belongs to root
    bool has_swap = true;                                    ///< the machine has
    std::optional<unsigned> systemd_version = std::nullopt;  ///< none: not known
};

/// Where systemd-oomd ignores the preference, whoever has set it, and what helps; empty where it
/// honours it. From src/oom/oomd-util.c of systemd 247 to 257: none before version 248; until 251
/// only on cgroups of root; since then also where the cgroup belongs to whom the cgroup belongs
/// that ManagedOOM...=kill is set on, which for swap is the whole machine.
[[nodiscard]] std::string why_oomd_ignores(const OomdSituation& situation);

}  // namespace oomguard
