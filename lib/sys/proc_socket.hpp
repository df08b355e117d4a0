// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

/// A socket for the process connector, non-blocking, that receives nothing yet.
Result<UniqueFd> open_proc_socket();

/// From now on it receives what the kernel tells all subscribers.
Result<void> join_proc_events(int fd);

}  // namespace oomguard::sys
