// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include <sys/types.h>

#include "sys/unique_fd.hpp"

namespace oomguard::ctl {

/// A program whose process is there, but waits at a gate before its first instruction.
class GatedProgram {
  public:
    /// `command` is looked for in $PATH. Throws Failure if there can be no process.
    explicit GatedProgram(const std::vector<std::string>& command);
    GatedProgram(const GatedProgram&) = delete;
    GatedProgram& operator=(const GatedProgram&) = delete;
    /// A process that still waits ends without having run anything.
    ~GatedProgram();

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Lets it go. 0, or the errno of why the program could not be executed.
    [[nodiscard]] int open();

    /// Waits for its end, and hands on the signals that end or notify a program, but for those
    /// that a terminal sends, which reach it anyway. The exit code as a shell has it: 128 and the
    /// signal for a program that was killed.
    [[nodiscard]] int wait();

  private:
    [[noreturn]] void run(const std::vector<std::string>& command);

    sys::UniqueFd gate_;
    /// Else a program that is killed while it waits would end this one by SIGPIPE.
    sys::UniqueFd gate_reader_;
    sys::UniqueFd error_;
    sys::UniqueFd signals_;
    sigset_t mask_before_{};
    struct sigaction child_action_before_ {};
    pid_t pid_ = -1;
};

}  // namespace oomguard::ctl
