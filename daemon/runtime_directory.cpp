// SPDX-License-Identifier: MIT
#include "daemon/runtime_directory.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

#include "sys/file.hpp"

namespace oomguard::daemon {

Result<sys::UniqueFd> claim_runtime_directory(const std::string& directory) {
    constexpr mode_t kMode = 0600;
    auto lock = sys::open_at(AT_FDCWD, directory + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW, kMode);
    if (lock && ::flock(lock->get(), LOCK_EX | LOCK_NB) != 0)
        return errno_error(errno, "lock " + directory);
    return lock;
}

std::string ledger_path(const std::string& runtime_directory) {
    return runtime_directory + "/ledger";
}

}  // namespace oomguard::daemon
