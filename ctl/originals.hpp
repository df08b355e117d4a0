// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ledger.hpp"
#include "core/rule.hpp"
#include "ctl/session.hpp"

namespace oomguard::ctl {

/// What a daemon that runs has written to processes, so that it is not their own.
struct Originals {
    Ledger ledger;
    std::optional<Pid> daemon_pid;
    /// Why this is not known, where a daemon may run all the same; else empty.
    std::string unknown;
};

/// Asks the daemon of this machine; if none runs, there is nothing to know. `rules`: those that it
/// has, as far as is known. A process that it holds by a rule of these with `children: include`,
/// and that does not match it, is held as a descendant, also where its forebears are gone.
[[nodiscard]] Originals originals_of(Session& session, const std::vector<Rule>& rules);

}  // namespace oomguard::ctl
