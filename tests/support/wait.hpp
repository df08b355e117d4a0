// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include <poll.h>

namespace oomguard::test {

/// Calls `done()` each time the descriptor becomes readable (and once before), until it is true.
/// False if that has not come within the deadline.
template <typename Done>
bool wait_until(int fd, Done done, std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        pollfd waiting{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0)
            return false;
    }
    return true;
}

}  // namespace oomguard::test
