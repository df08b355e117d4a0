// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/text.hpp"

namespace oomguard::ctl {

/// A time span in microseconds by its two largest units: "350ms", "5min 3s", "3 days 2h".
[[nodiscard]] std::string span_text(std::uint64_t usec);

/// "Sat 2026-11-21 18:30:05 UTC", in local time; CLOCK_REALTIME microseconds.
[[nodiscard]] std::string time_text(std::uint64_t usec);

/// "2026-11-21 18:30:05", in local time; CLOCK_REALTIME microseconds.
[[nodiscard]] std::string date_text(std::uint64_t usec);

/// "18:30:05.123", in local time.
[[nodiscard]] std::string clock_text(std::uint64_t usec);

/// CLOCK_REALTIME microseconds.
[[nodiscard]] std::uint64_t now_usec();

}  // namespace oomguard::ctl
