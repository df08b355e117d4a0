// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oomguard::test {

/// A real child process, killed and reaped when it goes out of scope.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    Child& operator=(Child&&) = delete;
    ~Child() { reap(); }

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Kills it and waits for its end, but does not reap it: a zombie from now on.
    void make_zombie() {
        if (pid_ < 0)
            return;
        ::kill(pid_, SIGKILL);
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
               errno == EINTR)
            continue;
    }

    /// Kills and reaps it: the pid is free from now on.
    void reap() {
        make_zombie();
        (void)wait();
    }

    /// Waits for its own end and reaps it; the exit code, or minus the signal that killed it.
    int wait() {
        if (pid_ < 0)
            return -1;
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
            continue;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

  private:
    pid_t pid_;
};

namespace detail {

/// Forks; the child runs `body`, exits with its value and dies with the test. `namespaces` are
/// those that it gets new, as CLONE_NEW... of clone(2).
template <typename Body>
Child fork_running(Body body, unsigned long namespaces = 0) {
    const pid_t parent = ::getpid();
    const auto pid = static_cast<pid_t>(
        namespaces == 0 ? ::fork()
                        : ::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0));
    if (pid < 0)
        throw std::system_error(errno, std::generic_category(), "fork");
    if (pid > 0)
        return Child(pid);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    constexpr int kThrew = 125;
    int code = kThrew;
    try {
        // A parent in another pid namespace has no pid here.
        if (const pid_t now = ::getppid(); now == parent || now == 0)
            code = body();
    } catch (const std::exception&) {
        code = kThrew;
    }
    ::_exit(code);
}

}  // namespace detail

/// Starts a program, found in PATH. It runs when this returns: comm, arguments and exe are its own.
inline Child spawn(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    // Traced, because nothing else tells when an exec is complete: posix_spawn returns, and files
    // are closed on exec, while comm and the arguments are still being set.
    Child child = detail::fork_running([&] {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0)
            ::execvp(argv.front(), argv.data());
        return 1;
    });
    int status = 0;
    while (::waitpid(child.pid(), &status, WUNTRACED) < 0 && errno == EINTR)
        continue;
    if (!WIFSTOPPED(status) || ::ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr) != 0)
        throw std::runtime_error("cannot start " + arguments.front());
    return child;
}

/// Forks a child that calls `prepare()` and then does nothing until it is killed. Returns when it
/// is prepared; throws if the child ended instead.
template <typename Prepare>
Child fork_child(Prepare prepare) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    Child child = detail::fork_running([&] {
        prepare();
        if (::write(ends[1], "", 1) == 1)
            for (;;)
                ::pause();
        return 1;
    });
    ::close(ends[1]);
    char ready = 0;
    ssize_t got = 0;
    while ((got = ::read(ends[0], &ready, 1)) < 0 && errno == EINTR)
        continue;
    ::close(ends[0]);
    if (got != 1)
        throw std::runtime_error("the child ended before it was ready");
    return child;
}

inline Child fork_child() {
    return fork_child([] {});
}

/// Runs `body` in a child and returns the int it returns (0 to 124): for what would change the
/// test's own process.
template <typename Body>
int run_in_child(Body body) {
    return detail::fork_running(body).wait();
}

}  // namespace oomguard::test
