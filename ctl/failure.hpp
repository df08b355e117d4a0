// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace oomguard::ctl {

/// What the program exits with, as systemctl(1) does.
enum class ExitCode : int {
    Done = 0,
    Failed = 1,      ///< or used in a wrong way
    NotRunning = 3,  ///< the daemon is not there
    NoSuch = 4,      ///< there is no such process, rule or cgroup
};

/// Ends a command: the message is for people, says what to do next, and has no newline at its end.
class Failure : public std::runtime_error {
  public:
    Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

    [[nodiscard]] ExitCode code() const { return code_; }
    [[nodiscard]] int exit_code() const { return static_cast<int>(code_); }

  private:
    ExitCode code_;
};

}  // namespace oomguard::ctl
