// SPDX-License-Identifier: MIT
#include "ctl/editor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/failure.hpp"
#include "ctl/session.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::ctl {
namespace {

// What the shell exits with.
constexpr int kNotFound = 127;

std::string editor_command() {
    for (const char* name : {"SYSTEMD_EDITOR", "EDITOR", "VISUAL"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0')
            return value;
    }
    return {};
}

[[noreturn]] void become_editor(const std::string& command, const std::string& path) {
    if (!command.empty()) {
        const std::string line = command + " \"$1\"";
        (void)::execl("/bin/sh", "sh", "-c", line.c_str(), "sh", path.c_str(), nullptr);
    } else {
        for (const char* editor : {"editor", "nano", "vim", "vi"})
            (void)::execlp(editor, editor, path.c_str(), nullptr);
    }
    ::_exit(kNotFound);
}

/// While it lives, the keys that interrupt are for the editor alone.
class Uninterrupted {
  public:
    Uninterrupted()
        : interrupt_(std::signal(SIGINT, SIG_IGN)), quit_(std::signal(SIGQUIT, SIG_IGN)) {}
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;
    ~Uninterrupted() { restore(); }

    void restore() const {
        (void)std::signal(SIGINT, interrupt_);
        (void)std::signal(SIGQUIT, quit_);
    }

  private:
    using Handler = void (*)(int);
    Handler interrupt_;
    Handler quit_;
};

/// While it lives, ^C ends nothing.
class Interrupts {
  public:
    Interrupts() {
        sigset_t interrupt;
        sigemptyset(&interrupt);
        sigaddset(&interrupt, SIGINT);
        (void)::sigprocmask(SIG_BLOCK, &interrupt, &before_);
        signals_ = sys::UniqueFd(::signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK));
    }
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    ~Interrupts() { (void)::sigprocmask(SIG_SETMASK, &before_, nullptr); }

    /// Waits for input or ^C. What was typed stays to be read, ^C does not.
    [[nodiscard]] bool come_before_input() const {
        std::array<pollfd, 2> ends{{{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
        while (::poll(ends.data(), ends.size(), -1) < 0 && errno == EINTR)
            continue;
        signalfd_siginfo interrupt{};
        return ::read(signals_.get(), &interrupt, sizeof interrupt) > 0;
    }

  private:
    sigset_t before_{};
    sys::UniqueFd signals_;
};

}  // namespace

void edit_file(const std::string& path) {
    const std::string command = editor_command();
    (void)std::fflush(stdout);
    const Uninterrupted uninterrupted;
    const pid_t pid = ::fork();
    if (pid < 0)
        throw Failure(ExitCode::Failed,
                      fmt::format("cannot start an editor: {}", std::strerror(errno)));
    if (pid == 0) {
        uninterrupted.restore();
        become_editor(command, path);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    if (command.empty() && WIFEXITED(status) && WEXITSTATUS(status) == kNotFound)
        throw Failure(ExitCode::Failed, "there is no editor: set $EDITOR to one");
    const std::string name = command.empty() ? "the editor" : "'" + command + "'";
    throw Failure(ExitCode::Failed,
                  WIFEXITED(status)
                      ? fmt::format("{} failed with exit code {}", name, WEXITSTATUS(status))
                      : fmt::format("{} was ended by signal {}", name, WTERMSIG(status)));
}

bool is_agreed(const std::string& question) {
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
        return false;
    const Interrupts interrupts;
    for (;;) {
        Session::print_text(question + " [Y/n] ");
        (void)std::fflush(stdout);
        std::array<char, 64> line{};
        if (interrupts.come_before_input() || ::read(STDIN_FILENO, line.data(), line.size()) <= 0) {
            Session::print_text("\n");
            return false;
        }
        const char first = line.front();
        if (first == '\n' || first == 'y' || first == 'Y')
            return true;
        if (first == 'n' || first == 'N')
            return false;
    }
}

}  // namespace oomguard::ctl
