// SPDX-License-Identifier: MIT
// Makes processes come to match, one after the other, and prints for each one line: whether it was
// held before main(), and the nanoseconds until it was held, or -1. It stops where many are missed.
//   starter WAY COUNT PROGRAM WANTED [ARGUMENT]
// PROGRAM is a copy of bench-target. WAY is posix_spawn, fork-exec or fork-2ms-exec, or one of the
// changes that bench-target makes, to ARGUMENT.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include "sample.hpp"

namespace oomguard::bench {
namespace {

using namespace std::chrono_literals;

/// Older than the guard's delayed looks at what has just started.
constexpr auto kSettled = 3s;
/// Milliseconds; longer than a target waits.
constexpr int kAnswerWait = 20'000;
/// Each one missed costs seconds; so many tell enough.
constexpr int kMostMissed = 20;

using Arguments = std::array<const char*, 5>;

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

/// Closed on exec.
Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    return {ends[0], ends[1]};
}

char* const* as_argv(const Arguments& arguments) {
    // Neither exec nor posix_spawn changes the words; C could not say so.
    return const_cast<char* const*>(arguments.data());
}

/// In the child of a fork.
[[noreturn]] void execute(const char* program, const char* wanted) {
    const std::string now = std::to_string(monotonic_ns());
    ::execv(program, as_argv({program, "exec", wanted, now.c_str(), nullptr}));
    ::_exit(EXIT_FAILURE);
}

class Starter {
  public:
    Starter(std::string way, const char* program, const char* wanted, const char* argument)
        : way_(std::move(way)), program_(program), wanted_(wanted), argument_(argument) {
        // What is started inherits both pipes in place of stdin and stdout.
        if (::dup2(go_.read_end, STDIN_FILENO) < 0 || ::dup2(answers_.write_end, STDOUT_FILENO) < 0)
            throw std::runtime_error("no stdin and stdout");
        // The kernel reaps what has ended, also the children of what is started.
        (void)std::signal(SIGCHLD, SIG_IGN);
    }

    /// What must run before it comes to match, and long enough to be known.
    void prepare(int count) {
        if (is_start())
            return;
        const int subjects = way_ == "fork" ? 1 : count;
        for (int index = 0; index < subjects; ++index)
            spawn({program_, way_.c_str(), wanted_, argument_, nullptr});
        std::this_thread::sleep_for(kSettled);
    }

    Sample come() {
        if (is_start())
            start();
        else if (::write(go_.write_end, "", 1) != 1)
            throw std::runtime_error("nobody to tell");
        pollfd waiting{answers_.read_end, POLLIN, 0};
        Sample sample;
        if (::poll(&waiting, 1, kAnswerWait) != 1 ||
            ::read(answers_.read_end, &sample, sizeof(sample)) != sizeof(sample))
            throw std::runtime_error("no answer from " + std::string(program_));
        return sample;
    }

  private:
    [[nodiscard]] bool is_start() const {
        return way_ == "posix_spawn" || way_ == "fork-exec" || way_ == "fork-2ms-exec";
    }

    void spawn(const Arguments& arguments) const {
        pid_t pid = -1;
        if (::posix_spawn(&pid, program_, nullptr, nullptr, as_argv(arguments), environ) != 0)
            throw std::runtime_error("cannot start " + std::string(program_));
    }

    void start() const {
        if (way_ == "posix_spawn") {
            const std::string now = std::to_string(monotonic_ns());
            spawn({program_, "exec", wanted_, now.c_str(), nullptr});
            return;
        }
        const pid_t pid = ::fork();
        if (pid < 0)
            throw std::runtime_error("cannot fork");
        if (pid > 0)
            return;
        if (way_ == "fork-2ms-exec")
            std::this_thread::sleep_for(2ms);
        execute(program_, wanted_);
    }

    std::string way_;
    const char* program_;
    const char* wanted_;
    const char* argument_;
    Pipe go_ = make_pipe();
    Pipe answers_ = make_pipe();
};

/// Out of step with every timer.
void pause(std::mt19937& random) {
    std::uniform_int_distribution<int> microseconds(10'000, 30'000);
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

void run(int argc, char** argv) {
    if (argc < 5)
        throw std::runtime_error("WAY COUNT PROGRAM WANTED [ARGUMENT]");
    const int count = std::atoi(argv[2]);
    std::FILE* const out = ::fdopen(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "w");
    if (out == nullptr)
        throw std::runtime_error("no stdout");
    Starter starter(argv[1], argv[3], argv[4], argc > 5 ? argv[5] : "");
    starter.prepare(count);
    std::mt19937 random(1);
    int missed = 0;
    for (int index = 0; index < count && missed < kMostMissed; ++index) {
        const Sample sample = starter.come();
        missed += sample.held == 0 ? 1 : 0;
        const std::int64_t taken = sample.held == 0 ? -1 : sample.held - sample.came;
        (void)std::fprintf(out, "%d %lld\n", sample.held_before_main ? 1 : 0,
                           static_cast<long long>(taken));
        pause(random);
    }
    (void)std::fclose(out);
}

}  // namespace
}  // namespace oomguard::bench

int main(int argc, char** argv) {
    try {
        oomguard::bench::run(argc, argv);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "starter: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
