// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/kill.hpp"

namespace oomguard::daemon {

// What each is, and what to do about it: systemd/oom-guardd.catalog, which journalctl -x shows.
constexpr const char* kKilledId = "a80234fc5d0a45b4b5f387e054717f0c";
constexpr const char* kProtectedKilledId = "bf3ee991929649e2bed1f6d43b779de8";

/// Logs it, as an error if it was protected: `kill_text`, and in the journal a message id and the
/// parts as fields.
void log_kill(const Kill& kill);

/// "NAME=value" each.
[[nodiscard]] std::vector<std::string> kill_fields(const Kill& kill);

}  // namespace oomguard::daemon
