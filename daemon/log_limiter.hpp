// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
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
    /// Beyond so many subjects those of earlier minutes are forgotten.
    static constexpr std::size_t kMostSubjects = 1024;

    struct Grant {
        bool may_log = false;
        bool is_last = false;   ///< what follows in this minute is left out
        unsigned left_out = 0;  ///< in the minutes before this one, since this was last told
    };

    [[nodiscard]] Grant ask(const std::string& subject, Time now) {
        if (windows_.size() >= kMostSubjects)
            std::erase_if(windows_,
                          [&](const auto& entry) { return now - entry.second.start >= kWindow; });
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

    [[nodiscard]] std::size_t subjects() const { return windows_.size(); }

  private:
    struct Window {
        Time start;
        unsigned asked = 0;
    };

    std::map<std::string, Window> windows_;
};

}  // namespace oomguard::daemon
