// SPDX-License-Identifier: MIT
// Starts a program again and again, each time waiting for its end, and prints how many it started
// and in how many nanoseconds.
//   storm RATE SECONDS PROGRAM
// RATE is per second, 0 for as fast as can be; SECONDS is 0 for until killed. It ends with its
// parent.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.hpp"

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

void sleep_until(std::int64_t time) {
    const timespec until{time / kSecond, time % kSecond};
    (void)::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

/// vfork, so that the copy of the parent's memory is not part of what is measured.
bool run_once(char** argv) {
    const pid_t pid = ::vfork();
    if (pid == 0) {
        ::execv(argv[0], argv);
        ::_exit(EXIT_FAILURE);
    }
    int status = 0;
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
    using oomguard::bench::monotonic_ns;
    if (argc < 4)
        return EXIT_FAILURE;
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::int64_t rate = std::atoll(argv[1]);
    const std::int64_t seconds = std::atoll(argv[2]);
    const std::int64_t start = monotonic_ns();
    std::int64_t count = 0;
    while (seconds == 0 || monotonic_ns() - start < seconds * kSecond) {
        if (rate > 0)
            sleep_until(start + count * kSecond / rate);
        if (!run_once(argv + 3))
            return EXIT_FAILURE;
        ++count;
    }
    (void)std::printf("%lld %lld\n", static_cast<long long>(count),
                      static_cast<long long>(monotonic_ns() - start));
}
