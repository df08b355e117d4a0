// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "ctl/bus/rows.hpp"

namespace oomguard::ctl {

/// What one killer would make of a process, in a sentence.
struct KillerView {
    std::string killer;
    std::string text;
};

/// A killer as ListKills names it, in a sentence: "the kernel", "systemd-oomd".
[[nodiscard]] std::string killer_in_sentence(const std::string& killer);

/// What the kernel, systemd-oomd and earlyoom would make of the process; `ranks` are all
/// processes, as Rank gives them.
[[nodiscard]] std::vector<KillerView> killer_views(const Details& details,
                                                   const std::vector<RankRow>& ranks);

}  // namespace oomguard::ctl
