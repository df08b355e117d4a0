// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace oomguard::ctl {

/// The past time that an argument is, in local time: "2026-11-22", "2026-11-22 07:04",
/// "2026-11-22 07:04:27", "07:04" and "07:04:27" of today, "today" and "yesterday", where these
/// begin, or a span back from now: "2h", "-2h", "2 hours ago", "1h30min". `now` and what is
/// returned are CLOCK_REALTIME, microseconds. Throws Failure.
[[nodiscard]] std::uint64_t when_of(const std::string& argument, std::uint64_t now);

}  // namespace oomguard::ctl
