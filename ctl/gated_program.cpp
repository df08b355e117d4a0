// SPDX-License-Identifier: MIT
#include "ctl/gated_program.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/failure.hpp"

namespace oomguard::ctl {
namespace {

sigset_t signals_to_take() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD})
        sigaddset(&set, signal);
    return set;
}

[[noreturn]] void fail(const char* what) {
    throw Failure(ExitCode::Failed,
                  fmt::format("cannot start a program: {}: {}", what, std::strerror(errno)));
}

struct Pipe {
    sys::UniqueFd read_end;
    sys::UniqueFd write_end;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        fail("pipe");
    return {sys::UniqueFd(ends[0]), sys::UniqueFd(ends[1])};
}

/// False at the end of the file.
template <typename Value>
bool read_whole(int fd, Value& value) {
    ssize_t got = 0;
    while ((got = ::read(fd, &value, sizeof value)) < 0 && errno == EINTR)
        continue;
    return got == static_cast<ssize_t>(sizeof value);
}

template <typename Value>
void write_whole(int fd, const Value& value) {
    while (::write(fd, &value, sizeof value) < 0 && errno == EINTR)
        continue;
}

std::optional<int> exit_code_if_ended(pid_t pid) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != pid)
        return std::nullopt;
    constexpr int kKilled = 128;
    return WIFSIGNALED(status) ? kKilled + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

GatedProgram::GatedProgram(const std::vector<std::string>& command) {
    Pipe gate = make_pipe();
    Pipe error = make_pipe();
    // A parent that ignores it would leave no exit code behind.
    struct sigaction child_action {};
    child_action.sa_handler = SIG_DFL;
    (void)::sigaction(SIGCHLD, &child_action, &child_action_before_);
    const sigset_t taken = signals_to_take();
    (void)::sigprocmask(SIG_BLOCK, &taken, &mask_before_);
    signals_ = sys::UniqueFd(::signalfd(-1, &taken, SFD_CLOEXEC));
    if (!signals_)
        fail("signalfd");
    sys::UniqueFd reader = std::move(gate.read_end);
    error_ = std::move(error.write_end);
    pid_ = ::fork();
    if (pid_ < 0)
        fail("fork");
    if (pid_ == 0) {
        // Else it would wait for itself to open the gate.
        gate.write_end = {};
        gate_ = std::move(reader);
        run(command);
    }
    gate_ = std::move(gate.write_end);
    gate_reader_ = std::move(reader);
    error_ = std::move(error.read_end);
}

GatedProgram::~GatedProgram() {
    if (pid_ > 0 && gate_) {
        gate_ = {};
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
            continue;
    }
    (void)::sigaction(SIGCHLD, &child_action_before_, nullptr);
    (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void GatedProgram::run(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    char opened = 0;
    if (read_whole(gate_.get(), opened)) {
        (void)::sigaction(SIGCHLD, &child_action_before_, nullptr);
        (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
        (void)::execvp(arguments.front(), arguments.data());
        write_whole(error_.get(), errno);
    }
    ::_exit(EXIT_FAILURE);
}

int GatedProgram::open() {
    write_whole(gate_.get(), char{1});
    gate_ = {};
    gate_reader_ = {};
    int error = 0;
    // Closed by the exec.
    return read_whole(error_.get(), error) ? error : 0;
}

int GatedProgram::wait() {
    for (;;) {
        if (const auto code = exit_code_if_ended(pid_))
            return *code;
        signalfd_siginfo signal{};
        if (!read_whole(signals_.get(), signal) || signal.ssi_signo == SIGCHLD)
            continue;
        // Those of the kernel are a terminal's, for all in its foreground.
        if (signal.ssi_code != SI_KERNEL)
            (void)::kill(pid_, static_cast<int>(signal.ssi_signo));
    }
}

}  // namespace oomguard::ctl
