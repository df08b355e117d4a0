// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include <poll.h>

namespace oomguard::test {

/// For what no descriptor tells of: looks again every few milliseconds until `done()` is true.
/// False if that has not come within the deadline.
template <typename Done>
bool eventually(Done done, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    constexpr int kPause = 3;
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
        if (std::chrono::steady_clock::now() >= end)
            return false;
        (void)::poll(nullptr, 0, kPause);
    }
    return true;
}

/// True if `holds()` is true all the time: for what must not happen.
template <typename Holds>
bool always(Holds holds, std::chrono::milliseconds period) {
    return !eventually([&] { return !holds(); }, period);
}

}  // namespace oomguard::test
