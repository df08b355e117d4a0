// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace oomguard::daemon {

/// CLOCK_REALTIME in microseconds.
inline std::uint64_t realtime_usec() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace oomguard::daemon
