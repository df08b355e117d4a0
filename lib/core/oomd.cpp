// SPDX-License-Identifier: MIT
#include "core/oomd.hpp"

#include <charconv>

namespace oomguard {

const char* preference_text(OomdPreference preference) {
    switch (preference) {
        case OomdPreference::Avoid:
            return "avoid";
        case OomdPreference::Omit:
            return "omit";
        case OomdPreference::None:
            break;
    }
    return "none";
}

std::optional<unsigned> systemd_version_of(std::string_view text) {
    unsigned version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    return error == std::errc() ? std::optional(version) : std::nullopt;
}

std::string why_oomd_ignores(const OomdSituation& situation) {
    constexpr unsigned kFirst = 248;
    constexpr unsigned kFirstForUsers = 252;
    const auto version = situation.systemd_version;
    const auto of_version = [&] { return "of version " + std::to_string(*version); };
    if (version && *version < kFirst)
        return "systemd-oomd " + of_version() + " knows no preferences, they came with 248";
    if (situation.is_roots)
        return "";
    if (version && *version < kFirstForUsers)
        return "systemd-oomd " + of_version() +
               " ignores it, as the cgroup is not root's: run the program as a system service";
    if (situation.has_swap)
        return "systemd-oomd ignores it when it kills because swap is full, as the cgroup is not "
               "root's: run the program as a system service where ManagedOOMSwap=kill is set";
    return "";
}

}  // namespace oomguard
