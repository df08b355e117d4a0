// SPDX-License-Identifier: MIT
// A program under test, to be copied under many names. It obeys one command a line on stdin, each
// answered on stdout by one line: a pid, or "failed: REASON". Words are separated by tabs. It and
// all it has started end when their lifeline, descriptor 3, is closed: by the test, or with it.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kLifeline = 3;
const char* const kScoreFile = "/proc/self/oom_score_adj";

/// Ends when the lifeline is closed. Returns when the time is over.
void live_for(int milliseconds) {
    pollfd lifeline{kLifeline, POLLIN, 0};
    int ends = 0;
    while ((ends = ::poll(&lifeline, 1, milliseconds)) < 0 && errno == EINTR)
        continue;
    if (ends != 0)
        ::_exit(0);
}

[[noreturn]] void rest() {
    for (;;)
        live_for(-1);
}

std::vector<char*> as_argv(std::vector<std::string>& words, std::size_t from) {
    std::vector<char*> argv;
    for (std::size_t index = from; index < words.size(); ++index)
        argv.push_back(words[index].data());
    argv.push_back(nullptr);
    return argv;
}

std::string answer(pid_t pid) {
    return pid < 0 ? std::string("failed: ") + std::strerror(errno) : std::to_string(pid);
}

std::string answer(bool done) {
    return answer(done ? ::getpid() : -1);
}

bool write_file(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const bool done = fd >= 0 && ::write(fd, text.data(), text.size()) > 0;
    if (fd >= 0)
        ::close(fd);
    return done;
}

std::string fork_only() {
    const pid_t pid = ::fork();
    if (pid == 0)
        rest();
    return answer(pid);
}

std::string fork_and_exec(std::vector<std::string>& words) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execv(words[1].c_str(), as_argv(words, 1).data());
        ::_exit(127);
    }
    return answer(pid);
}

std::string vfork_and_exec(std::vector<std::string>& words) {
    const auto argv = as_argv(words, 1);
    const pid_t pid = ::vfork();
    if (pid == 0) {
        ::execv(argv.front(), argv.data());
        ::_exit(127);
    }
    return answer(pid);
}

std::string spawn(std::vector<std::string>& words) {
    pid_t pid = -1;
    errno =
        ::posix_spawn(&pid, words[1].c_str(), nullptr, nullptr, as_argv(words, 1).data(), environ);
    return answer(errno == 0 ? pid : -1);
}

/// A child that starts the program: what it starts is a grandchild of this. Answers with its pid.
std::string spawn_below(std::vector<std::string>& words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return answer(-1);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const std::string text = spawn(words);
        (void)!::write(ends[1], text.data(), text.size());
        rest();
    }
    char buffer[64];
    const ssize_t size = pid > 0 ? ::read(ends[0], buffer, sizeof(buffer)) : -1;
    ::close(ends[0]);
    ::close(ends[1]);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : answer(-1);
}

/// A daemon as it makes itself: its parent has ended, its session is its own.
std::string daemonize(std::vector<std::string>& words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return answer(-1);
    const pid_t middle = ::fork();
    if (middle == 0) {
        ::setsid();
        if (::fork() != 0)
            ::_exit(0);
        const std::string text = answer(::getpid());
        (void)!::write(ends[1], text.data(), text.size());
        ::execv(words[1].c_str(), as_argv(words, 1).data());
        ::_exit(127);
    }
    char buffer[64];
    const ssize_t size = middle > 0 ? ::read(ends[0], buffer, sizeof(buffer)) : -1;
    ::waitpid(middle, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : answer(-1);
}

/// A child with the memory of its parent, and another name.
std::string share_memory(std::string& name) {
    static char stack[65536];
    const auto run = [](void* argument) -> int {
        ::prctl(PR_SET_NAME, static_cast<const char*>(argument));
        rest();
    };
    return answer(::clone(run, stack + sizeof(stack), CLONE_VM | SIGCHLD, name.data()));
}

/// Short-lived processes, as fast as can be. vfork, so that the parent's memory is not copied. If
/// that took less than so many seconds, more of them until they are over, at a slower pace.
std::string storm(int count, int seconds) {
    constexpr int kPause = 5;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (int index = 0; index < count || std::chrono::steady_clock::now() < end; ++index) {
        if (index >= count)
            (void)::poll(nullptr, 0, kPause);
        const pid_t pid = ::vfork();
        if (pid == 0)
            ::_exit(0);
        if (pid < 0 || ::waitpid(pid, nullptr, 0) != pid)
            return answer(-1);
    }
    return answer(true);
}

/// As a setuid program that a user runs: the effective uid stays.
bool become_setuid(const std::string& uid) {
    return ::setresuid(static_cast<uid_t>(std::stoul(uid)), static_cast<uid_t>(-1),
                       static_cast<uid_t>(-1)) == 0;
}

/// In a user namespace of its own, and others, where it is root.
bool become_root_inside(int other_namespaces) {
    const std::string own = std::to_string(::getuid());
    // Or its files are root's, after a change of user.
    return ::prctl(PR_SET_DUMPABLE, 1) == 0 && ::unshare(CLONE_NEWUSER | other_namespaces) == 0 &&
           write_file("/proc/self/uid_map", "0 " + own + " 1") && ::getuid() == 0;
}

bool become(const std::vector<std::string>& words) {
    const auto id = static_cast<unsigned>(std::stoul(words[1]));
    if (words[0] == "setgid")
        return ::setgroups(0, nullptr) == 0 && ::setresgid(id, id, id) == 0;
    return ::setresuid(id, id, id) == 0;
}

/// Sets its own score as soon as anyone changes it, at most so many times.
class Fight {
  public:
    explicit Fight(std::string score, int strikes = std::numeric_limits<int>::max())
        : score_(std::move(score)), strikes_left_(strikes), fd_(::inotify_init1(IN_CLOEXEC)) {
        ::inotify_add_watch(fd_, kScoreFile, IN_MODIFY);
        std::ifstream(kScoreFile) >> last_;
    }
    [[nodiscard]] int fd() const { return fd_; }

    bool set() {
        const bool done = write_file(kScoreFile, score_);
        if (done)
            last_ = score_;
        return done;
    }

    void strike() {
        char events[4096];
        if (::read(fd_, events, sizeof(events)) <= 0 || strikes_left_ == 0)
            return;
        // Whoever truncates the file, as a write may, is told of before the score is changed.
        std::string now;
        if (std::ifstream(kScoreFile) >> now && now != last_ && set())
            --strikes_left_;
    }

  private:
    std::string score_;
    std::string last_;
    int strikes_left_;
    int fd_;
};

std::optional<Fight> fight;

std::string obey(std::vector<std::string>& words) {
    if (words[0] == "after") {  // so many milliseconds, then a command
        live_for(std::stoi(words[1]));
        words.erase(words.begin(), words.begin() + 2);
    }
    const std::string& command = words[0];
    if (command == "fork")
        return fork_only();
    if (command == "forkexec")
        return fork_and_exec(words);
    if (command == "vforkexec")
        return vfork_and_exec(words);
    if (command == "spawn")
        return spawn(words);
    if (command == "spawnbelow")
        return spawn_below(words);
    if (command == "daemonize")
        return daemonize(words);
    if (command == "sharememory")
        return share_memory(words[1]);
    if (command == "subreaper")
        return answer(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    if (command == "storm")
        return storm(std::stoi(words[1]), words.size() > 2 ? std::stoi(words[2]) : 0);
    if (command == "exec")
        return answer(::execv(words[1].c_str(), as_argv(words, 1).data()) == 0);
    if (command == "rename")  // the name can hold what a command line cannot
        return answer(::prctl(PR_SET_NAME, words.size() > 1 ? words[1].c_str() : "") == 0);
    if (command == "setuidprogram")
        return answer(become_setuid(words[1]));
    if (command == "rootinside")
        return answer(become_root_inside(0));
    if (command == "rootbelow")  // a child that is root, and the first process, in namespaces
        return become_root_inside(CLONE_NEWPID) ? fork_only() : answer(-1);
    if (command == "setuid" || command == "setgid")
        return answer(become(words));
    if (command == "cgroup")
        return answer(write_file(words[1] + "/cgroup.procs", std::to_string(::getpid())));
    if (command == "score")
        return answer(write_file(kScoreFile, words[1]));
    if (command == "fight") {
        fight.emplace(words[1]);
        return answer(fight->set());
    }
    if (command == "resist") {  // leaves its score as it is until someone else changes it
        fight.emplace(words[1], std::stoi(words[2]));
        return answer(true);
    }
    return "failed: no such command";
}

/// One command; a newline within it is written as \n, a backslash as two.
std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> words(1);
    for (std::size_t index = 0; index < line.size(); ++index) {
        if (line[index] == '\t')
            words.emplace_back();
        else if (line[index] == '\\' && index + 1 < line.size())
            words.back() += line[++index] == 'n' ? '\n' : line[index];
        else
            words.back() += line[index];
    }
    return words;
}

std::optional<std::string> read_line() {
    std::string line;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) == 1) {
        if (byte == '\n')
            return line;
        line += byte;
    }
    return std::nullopt;
}

void say(const std::string& text) {
    const std::string line = text + "\n";
    (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

}  // namespace

int main(int argc, char** argv) {
    ::signal(SIGCHLD, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || std::string(argv[1]) != "obey")
        rest();
    say(std::to_string(::getpid()));
    while (true) {
        pollfd waiting[] = {{kLifeline, POLLIN, 0},
                            {STDIN_FILENO, POLLIN, 0},
                            {fight ? fight->fd() : -1, POLLIN, 0}};
        if (::poll(waiting, 3, -1) < 0)
            continue;
        if (waiting[0].revents != 0)
            return 0;
        if (waiting[2].revents != 0)
            fight->strike();
        if (waiting[1].revents == 0)
            continue;
        const auto line = read_line();
        if (!line)
            rest();
        auto words = split(*line);
        say(obey(words));
    }
}
