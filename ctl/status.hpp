// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/bus/event.hpp"
#include "ctl/bus/rows.hpp"
#include "ctl/output/json.hpp"
#include "ctl/output/terminal.hpp"

namespace oomguard::ctl {

/// The kills of the last day.
struct RecentKills {
    std::size_t count = 0;
    std::size_t in_vain = 0;  ///< of those that were protected
    std::optional<KillRow> last = {};
};

struct RuleFile {
    std::string path;
    std::size_t rules = 0;
    std::size_t held = 0;
    std::size_t refused = 0;
};

/// All that `status` shows.
struct Status {
    DaemonState daemon;
    std::vector<RuleFile> files;  ///< in the order in which their rules are tried
    std::size_t held = 0;
    std::size_t drifting = 0;
    std::size_t refused = 0;
    std::size_t would_hold = 0;    ///< but for the dry run
    std::size_t held_by_hand = 0;  ///< by Hold instead of a rule in a file
    RecentKills kills;
    std::vector<Event> events;  ///< the latest, the oldest first
};

/// `now` is CLOCK_REALTIME, microseconds.
[[nodiscard]] RecentKills recent_kills(const std::vector<KillRow>& kills, std::uint64_t now);

/// Of what the daemon answers; of the events the latest ten.
[[nodiscard]] Status status_of(DaemonState daemon, const std::vector<RuleRow>& rules,
                               const std::vector<ProcessRow>& processes, RecentKills kills,
                               std::vector<Event> events);

/// One screen, in the looks of `systemctl status`. `now` is CLOCK_REALTIME, microseconds.
[[nodiscard]] std::string status_text(const Status& status, const Terminal& terminal,
                                      std::uint64_t now);

/// For programs; see oom-guardctl(1).
[[nodiscard]] Json status_json(const Status& status);

}  // namespace oomguard::ctl
