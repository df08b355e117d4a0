// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>

namespace oomguard {

/// What must hold whatever the input; otherwise the fuzzer keeps the input as a crash.
inline void require(bool condition) {
    if (!condition)
        std::abort();
}

}  // namespace oomguard
