// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <utility>

#include "core/result.hpp"

namespace oomguard::daemon {

/// The value; throws std::runtime_error with the error's message if there is none. For what the
/// daemon cannot start without.
template <typename T>
T must(Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message());
    return std::move(*result);
}

}  // namespace oomguard::daemon
