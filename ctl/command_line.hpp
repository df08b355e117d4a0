// SPDX-License-Identifier: MIT
#pragma once

namespace oomguard::ctl {

/// Runs the command that the arguments ask for. The exit code: see ExitCode; that of the command
/// that was started, for `run`.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace oomguard::ctl
