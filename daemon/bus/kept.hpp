// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// What takes long to find out, kept for nine times as long as that took, for a second at most, or
/// until it is dropped because something has changed: however often it is asked for, while nothing
/// changes it takes a tenth of the time.
template <typename T>
class Kept {
  public:
    /// `find` is called if there is nothing to be had, `now` before and after that.
    template <typename Find, typename Now>
    const T& get(Find find, Now now) {
        const Time start = now();
        if (value_ && start < until_)
            return *value_;
        value_ = find();
        const Time end = now();
        until_ = end + std::min<Clock::duration>(kTimes * (end - start), kLongest);
        return *value_;
    }

    void drop() { value_.reset(); }

  private:
    static constexpr int kTimes = 9;
    /// What takes long once may be the machine's fault.
    static constexpr std::chrono::seconds kLongest{1};

    std::optional<T> value_;
    Time until_{};
};

}  // namespace oomguard::daemon
