// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "core/process.hpp"

namespace oomguard::sys {

/// What a mount of procfs hides, by its options hidepid= and gid= (proc(5)).
struct ProcHiding {
    bool hides = false;  ///< other users' processes
    /// Who is in this group sees them all the same. The kernel's default is the group root. None
    /// with hidepid=ptraceable, which spares no group.
    std::optional<Gid> spared_group = std::nullopt;

    bool operator==(const ProcHiding&) const = default;
};

/// /proc/PID/mountinfo: what the procfs on /proc hides, the last mounted if there are several. Of
/// an option that is not known it is taken that it hides. Nothing if there is no procfs on /proc.
[[nodiscard]] std::optional<ProcHiding> parse_proc_hiding(std::string_view mountinfo);

}  // namespace oomguard::sys
