// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace oomguard::ctl {

/// "0B", "512B", "1.5K", "23.4M", "1.2T": as systemd writes sizes.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// A time span in microseconds by its two largest units: "350ms", "5min 3s", "3 days 2h".
[[nodiscard]] std::string span_text(std::uint64_t usec);

/// "Sat 2026-11-21 18:30:05 UTC", in local time; CLOCK_REALTIME microseconds.
[[nodiscard]] std::string time_text(std::uint64_t usec);

/// "18:30:05.123", in local time.
[[nodiscard]] std::string clock_text(std::uint64_t usec);

/// CLOCK_REALTIME microseconds.
[[nodiscard]] std::uint64_t now_usec();

}  // namespace oomguard::ctl
