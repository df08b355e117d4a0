// SPDX-License-Identifier: MIT
#include "sys/memory_lock.hpp"

#include <cerrno>

#include <malloc.h>
#include <sys/mman.h>

namespace oomguard::sys {

Result<void> lock_memory() {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        return errno_error(errno, "lock memory");
    return {};
}

void unlock_and_trim_memory() {
    (void)::munlockall();
    (void)::malloc_trim(0);
}

}  // namespace oomguard::sys
