// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// At most so many in any second by the clock's seconds, the rest counted.
class RateLimit {
  public:
    explicit RateLimit(unsigned most_a_second) : most_(most_a_second) {}

    [[nodiscard]] bool allow(Time now) {
        if (now - start_ >= std::chrono::seconds(1)) {
            start_ = now;
            used_ = 0;
        }
        if (used_ >= most_) {
            ++suppressed_;
            return false;
        }
        ++used_;
        return true;
    }

    [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }

  private:
    unsigned most_;
    unsigned used_ = 0;
    Time start_{};
    std::uint64_t suppressed_ = 0;
};

}  // namespace oomguard::daemon
