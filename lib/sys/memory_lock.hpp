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

/// Blocks of a megabyte and more, such as a message that a user has sent, go back to the system
/// when they are freed. Left to itself malloc keeps blocks as large as it has seen one freed, up to
/// 32 MiB.
void return_large_blocks();

}  // namespace oomguard::sys
