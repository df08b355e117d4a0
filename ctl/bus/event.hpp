// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/output/json.hpp"

namespace oomguard::ctl {

/// Something that the daemon told: a row of ListEvents, or a signal as such a row.
struct Event {
    std::uint64_t when = 0;  ///< CLOCK_REALTIME, microseconds
    std::string kind = {};   ///< the name of the signal
    std::uint32_t pid = 0;   ///< 0: not about a process, or about one that was not seen
    std::uint64_t start_time = 0;
    std::string name = {};
    std::string rule = {};
    std::optional<std::int32_t> before = {};  ///< of a release that is signalled: not told
    std::int32_t after = 0;                   ///< of a kill, KillRow::kNoScore if it is not known
    std::string detail = {};
};

/// One line for people, without the time and a newline.
[[nodiscard]] std::string event_text(const Event& event);

/// True of what an administrator should look at.
[[nodiscard]] bool is_bad_news(const Event& event);

/// One object for programs; see oom-guardctl(1).
[[nodiscard]] Json event_json(const Event& event);

}  // namespace oomguard::ctl
