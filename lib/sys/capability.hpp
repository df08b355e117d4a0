// SPDX-License-Identifier: MIT
#pragma once

#include <sys/capability.h>

#include "core/result.hpp"

namespace oomguard::sys {

/// True if this process may use the capability (it is in the permitted set).
[[nodiscard]] bool may_use(cap_value_t capability);

/// Puts a capability into the effective set of the calling thread, or takes it out; the permitted
/// set stays. EPERM if it is to be put in and is not permitted.
[[nodiscard]] Result<void> set_effective(cap_value_t capability, bool on);

/// Takes a capability out of all sets but the bounding one, for good. No error if it is in none.
[[nodiscard]] Result<void> give_up(cap_value_t capability);

}  // namespace oomguard::sys
