// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.hpp"

namespace oomguard::sys {

/// Keeps every page of this process, present and future, in memory once it has been touched
/// (mlockall with MCL_ONFAULT), and 64 KiB of the heap ahead of their use. EPERM or ENOMEM:
/// RLIMIT_MEMLOCK is too small; the heap is reserved all the same.
[[nodiscard]] Result<void> lock_memory();

/// Gives the pages of freed memory back to the system. Nothing is locked afterwards: the kernel
/// keeps locked pages.
void unlock_and_trim_memory();

}  // namespace oomguard::sys
