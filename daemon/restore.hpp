// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oomguard::daemon {

/// Gives back every original score that the ledger in the runtime directory has on record, and
/// tells on standard output how many that were; of each that could not be given back, on standard
/// error, why. The exit status: 0 if none is left. Throws if a daemon uses the directory.
[[nodiscard]] int restore_scores(const std::string& runtime_directory);

}  // namespace oomguard::daemon
