// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// Bounds how often the same is logged: ten times a minute for each subject, and then how many
/// more there were.
class LogLimiter {
  public:
    static constexpr unsigned kMost = 10;
    static constexpr std::chrono::minutes kWindow{1};

    struct Grant {
        bool may_log = false;
        bool is_last = false;   ///< what follows in this minute is left out
        unsigned left_out = 0;  ///< in the minutes before this one, since this was last told
    };

    [[nodiscard]] Grant ask(const std::string& subject, Time now) {
        Window& window = windows_[subject];
        Grant grant;
        if (window.asked == 0 || now - window.start >= kWindow) {
            grant.left_out = window.asked > kMost ? window.asked - kMost : 0;
            window = {now, 0};
        }
        ++window.asked;
        grant.may_log = window.asked <= kMost;
        grant.is_last = window.asked == kMost;
        return grant;
    }

  private:
    struct Window {
        Time start;
        unsigned asked = 0;
    };

    std::map<std::string, Window> windows_;
};

}  // namespace oomguard::daemon
