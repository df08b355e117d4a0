// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <time.h>

namespace oomguard::bench {

/// What one process that came to match tells of itself, as bytes through a pipe. Times are
/// CLOCK_MONOTONIC in nanoseconds, which all processes share.
struct Sample {
    std::int64_t came = 0;  ///< just before it came to match
    std::int64_t held = 0;  ///< when it first saw the wanted score; 0: not in time
    bool held_before_main = false;
};

inline std::int64_t monotonic_ns() {
    constexpr std::int64_t kSecond = 1'000'000'000;
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace oomguard::bench
