// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oomguard::ctl {

/// Lets the user edit the file: with $SYSTEMD_EDITOR, $EDITOR or $VISUAL, the first that is set and
/// not empty (a command of the shell), or with editor, nano, vim or vi, the first that there is.
/// Returns when it has ended. Throws Failure if there is none, or if it fails.
void edit_file(const std::string& path);

/// Asks a yes-or-no question that is answered with yes by just Enter. No if there is no terminal to
/// ask on, or no answer: also at ^C, which ends nothing then.
[[nodiscard]] bool is_agreed(const std::string& question);

}  // namespace oomguard::ctl
