// SPDX-License-Identifier: MIT
#include "ctl/output/pager.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oomguard::ctl {
namespace {

// What a shell exits with.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

std::optional<std::string> pager_asked_for() {
    for (const char* name : {"SYSTEMD_PAGER", "PAGER"}) {
        if (const char* value = std::getenv(name))
            return value;
    }
    return std::nullopt;
}

/// As systemd sets it: leave at once what fits the screen, keep colours, long lines cut.
void set_up_less() {
    const char* options = std::getenv("SYSTEMD_LESS");
    (void)::setenv("LESS", options != nullptr ? options : "FRSXMK", 1);
    (void)::setenv("LESSSECURE", "1", 0);
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/// Until the user has left it. False if the shell could not run it: then it has read nothing.
bool has_run(const std::string& command) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        (void)::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(kNotFound);
    }
    (void)std::signal(SIGINT, SIG_IGN);
    const int status = pid > 0 ? wait_for(pid) : -1;
    (void)std::signal(SIGINT, SIG_DFL);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return pid > 0 && code != kNotExecutable && code != kNotFound;
}

void copy_stdin() {
    std::array<char, 4096> bytes{};
    for (ssize_t size = 0; (size = ::read(STDIN_FILENO, bytes.data(), bytes.size())) > 0;) {
        for (ssize_t done = 0, now = 0; done < size; done += now) {
            now =
                ::write(STDOUT_FILENO, bytes.data() + done, static_cast<std::size_t>(size - done));
            if (now <= 0)
                return;
        }
    }
}

/// In a process of its own, stdin being what to show.
[[noreturn]] void show_stdin(const std::optional<std::string>& asked_for) {
    set_up_less();
    if (asked_for && has_run(*asked_for))
        ::_exit(EXIT_SUCCESS);
    for (const char* usual : {"less", "more"})
        (void)::execlp(usual, usual, nullptr);
    copy_stdin();
    ::_exit(EXIT_SUCCESS);
}

}  // namespace

Pager::Pager() {
    const auto asked_for = pager_asked_for();
    const bool is_declined = asked_for && (asked_for->empty() || *asked_for == "cat");
    std::array<int, 2> ends{};
    if (is_declined || ::pipe2(ends.data(), O_CLOEXEC) != 0)
        return;
    (void)std::fflush(stdout);
    pid_ = ::fork();
    if (pid_ == 0) {
        (void)::dup2(ends[0], STDIN_FILENO);
        // Else this process would be a writer that never ends.
        (void)::close(ends[1]);
        show_stdin(asked_for);
    }
    if (pid_ > 0)
        (void)::dup2(ends[1], STDOUT_FILENO);
    (void)::close(ends[0]);
    (void)::close(ends[1]);
    // The pager has the terminal: an interrupt is for it. Who leaves it early is content.
    if (pid_ > 0) {
        (void)std::signal(SIGINT, SIG_IGN);
        (void)std::signal(SIGPIPE, SIG_IGN);
    }
}

Pager::~Pager() {
    if (pid_ <= 0)
        return;
    (void)std::fclose(stdout);
    (void)wait_for(pid_);
}

}  // namespace oomguard::ctl
