// SPDX-License-Identifier: MIT
// A program that rules mean. It tells, as a Sample on stdout, when it had the score they want.
//   target exec WANTED FROM          matches from its exec on, which was at the time FROM
//   target rename WANTED NAME        comes to match when a byte comes on stdin: by a name,
//   target setuid WANTED UID         by a user,
//   target cgroup WANTED DIRECTORY   by a cgroup,
//   target fork WANTED -             or each time, by being a child of this
// Without the C++ library's start-up, which would give the guard more time before main().
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sample.hpp"

namespace oomguard::bench {
namespace {

constexpr std::int64_t kPatience = 5'000'000'000;
/// What is not held by then takes longer anyway: from then on the processor is left to others.
constexpr std::int64_t kSpin = 50'000'000;
constexpr useconds_t kNap = 200;

int open_score() {
    return ::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
}

int read_score(int fd) {
    char text[16] = {};
    return ::pread(fd, text, sizeof(text) - 1, 0) > 0 ? std::atoi(text) : 0;
}

/// When the score was first seen to be the wanted one; 0 if it is not in time.
std::int64_t wait_until_held(int fd, int wanted) {
    const std::int64_t start = monotonic_ns();
    while (read_score(fd) != wanted) {
        const std::int64_t waited = monotonic_ns() - start;
        if (waited > kPatience)
            return 0;
        if (waited > kSpin)
            (void)::usleep(kNap);
    }
    return monotonic_ns();
}

bool tell(const Sample& sample) {
    return ::write(STDOUT_FILENO, &sample, sizeof(sample)) == sizeof(sample);
}

bool is_told_to_go() {
    char byte = 0;
    return ::read(STDIN_FILENO, &byte, 1) == 1;
}

bool move_to_cgroup(const char* directory) {
    const int cgroup = ::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int file = ::openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return ::write(file, "0", 1) == 1;
}

bool change(std::string_view way, const char* to) {
    if (way == "rename")
        return ::prctl(PR_SET_NAME, to) == 0;
    if (way == "cgroup")
        return move_to_cgroup(to);
    const auto user = static_cast<uid_t>(std::atoi(to));
    return way == "setuid" && ::setresuid(user, user, user) == 0;
}

int come_by_change(std::string_view way, int score, int wanted, const char* to) {
    if (!is_told_to_go())
        return EXIT_SUCCESS;
    Sample sample;
    sample.came = monotonic_ns();
    if (!change(way, to))
        return EXIT_FAILURE;
    sample.held = wait_until_held(score, wanted);
    return tell(sample) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// Whoever started it ignores SIGCHLD, and so does it: the kernel reaps the children.
int come_by_fork(int wanted) {
    while (is_told_to_go()) {
        Sample sample;
        sample.came = monotonic_ns();
        const pid_t pid = ::fork();
        if (pid < 0)
            return EXIT_FAILURE;
        if (pid == 0) {
            sample.held = wait_until_held(open_score(), wanted);
            ::_exit(tell(sample) ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace oomguard::bench

int main(int argc, char** argv) {
    using namespace oomguard::bench;
    const int score = open_score();
    const int at_main = read_score(score);
    // The last three: before them is the name of the script, if it was started by one.
    if (argc < 4)
        return EXIT_FAILURE;
    const std::string_view way = argv[argc - 3];
    const int wanted = std::atoi(argv[argc - 2]);
    const char* const argument = argv[argc - 1];
    if (way == "fork")
        return come_by_fork(wanted);
    if (way != "exec")
        return come_by_change(way, score, wanted, argument);
    Sample sample;
    sample.came = std::atoll(argument);
    sample.held_before_main = at_main == wanted;
    sample.held = wait_until_held(score, wanted);
    return tell(sample) ? EXIT_SUCCESS : EXIT_FAILURE;
}
