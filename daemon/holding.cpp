// SPDX-License-Identifier: MIT
#include "daemon/holding.hpp"

#include <algorithm>

namespace oomguard::daemon {

void Backoff::tried(Time now) {
    // After a calm as long as the longest pause it is a new story.
    if (now - last_ > 2 * kLongestPause)
        tries_ = 0;
    last_ = now;
    ++tries_;
    if (!is_pausing())
        return;
    const unsigned doublings = std::min(tries_ - kFreeTries - 1, 16U);
    next_ = now + std::min<std::chrono::seconds>(kFirstPause * (1U << doublings), kLongestPause);
}

const char* state_text(Holding::State state) {
    switch (state) {
        case Holding::State::Held:
            return "held";
        case Holding::State::Drifting:
            return "drifting";
        case Holding::State::Refused:
            return "refused";
        case Holding::State::DryRun:
            break;
    }
    return "dry-run";
}

}  // namespace oomguard::daemon
