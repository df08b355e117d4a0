// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::daemon {

/// Makes the runtime directory this process's own for as long as the descriptor is open: two that
/// record in one ledger would lose each other's originals. EWOULDBLOCK if another process has it,
/// ENOENT if there is no such directory.
[[nodiscard]] Result<sys::UniqueFd> claim_runtime_directory(const std::string& directory);

/// The ledger in a runtime directory.
[[nodiscard]] std::string ledger_path(const std::string& runtime_directory);

}  // namespace oomguard::daemon
