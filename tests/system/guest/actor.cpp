// SPDX-License-Identifier: MIT
// What the scenarios run in a guest, copied under many names. Linked statically, so that one
// program runs in every release.
//   actor rest [SECONDS]                   do nothing
//   actor hold MIB                         take memory, tell systemd, do nothing
//   actor thrash MIB                       take memory, tell systemd, then for ever give a piece of
//                                          it back and take it again
//   actor equals COUNT MIB                 take memory in that many children, the same in each and
//                                          locked, tell systemd, do nothing
//   actor sparse MIB                       take page tables, and hardly any memory besides, tell
//                                          systemd, do nothing
//   actor fill                             take memory until the kernel has killed a process
//   actor storm PACE MOST PROGRAM [ARG ...]
//                                          start PROGRAM every PACE milliseconds, MOST times at
//                                          most, until told to end (SIGTERM); then do nothing
//   actor await SCORE SECONDS PROGRAM [ARG ...]
//                                          start PROGRAM and print the milliseconds until it has
//                                          that oom_score_adj; fail when the time is over
//   actor scores CGROUP NAME               print how many processes of that name in the cgroup have
//                                          which oom_score_adj, such as "131 at -500, 1 at 0"
//   actor watch PID SCORE                  read the score of PID until told to end (SIGTERM), and
//                                          print how often it was read and how often another
//   actor forget CGROUP COUNT              make cgroups below that one, watch them, remove them but
//                                          not the watches, and print how many the kernel keeps
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMebibyte = 1024UL * 1024;
constexpr std::size_t kPage = 4096;
constexpr int kNoScore = 9999;

volatile std::sig_atomic_t told_to_end = 0;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(EXIT_FAILURE);
}

/// As sd_notify(3), which a static program cannot have.
void tell_systemd_ready() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr)
        return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const char text[] = "READY=1";
    if (::sendto(fd, text, sizeof text - 1, 0, reinterpret_cast<sockaddr*>(&address), length) < 0)
        fail("tell systemd");
    ::close(fd);
}

std::vector<char*> command(char** first) {
    std::vector<char*> words;
    for (; *first != nullptr; ++first)
        words.push_back(*first);
    words.push_back(nullptr);
    return words;
}

pid_t start(char** program) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execv(program[0], command(program).data());
        ::_exit(127);
    }
    return pid;
}

/// One open and one read: the file of a process that has ended is none.
int score_of(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/oom_score_adj";
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return kNoScore;
    char text[16] = {};
    const auto length = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    return length > 0 ? std::atoi(text) : kNoScore;
}

char* take_memory(std::size_t bytes) {
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    auto* begin = static_cast<char*>(memory);
    for (std::size_t offset = 0; offset < bytes; offset += kPage)
        begin[offset] = 1;
    return begin;
}

int rest(unsigned seconds) {
    ::alarm(seconds);
    ::pause();
    return EXIT_SUCCESS;
}

int hold(std::size_t mebibytes) {
    take_memory(mebibytes * kMebibyte);
    tell_systemd_ready();
    return rest(0);
}

/// Children that differ in nothing: forked from the same, whose pages are all there already, on one
/// processor (the kernel counts pages for each), with small pages.
int equals(int count, std::size_t mebibytes) {
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (::sched_setaffinity(0, sizeof first, &first) != 0)
        fail("sched_setaffinity");
    if (::mlockall(MCL_CURRENT) != 0)
        fail("mlockall");
    for (int child = 0; child < count; ++child) {
        int ends[2];
        if (::pipe(ends) != 0)
            fail("pipe");
        if (::fork() == 0) {
            ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
            take_memory(mebibytes * kMebibyte);
            if (::mlockall(MCL_CURRENT) != 0)
                fail("mlockall");
            if (::write(ends[1], "", 1) != 1)
                fail("write");
            ::close(ends[0]);
            ::close(ends[1]);
            ::_exit(rest(0));
        }
        char ready = 0;
        ::close(ends[1]);
        if (::read(ends[0], &ready, 1) != 1)
            fail("read");
        ::close(ends[0]);
    }
    tell_systemd_ready();
    return rest(0);
}

/// What is only read is the page of zeros, which counts as no memory; the table of each piece does.
int sparse(std::size_t mebibytes) {
    constexpr std::size_t kPiece = 2 * kMebibyte;  // what one page of tables maps
    const std::size_t bytes = mebibytes * kMebibyte / kPage * kPiece;
    ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    const volatile char* begin = static_cast<char*>(memory);
    for (std::size_t offset = 0; offset < bytes; offset += kPiece)
        (void)begin[offset];
    tell_systemd_ready();
    return rest(0);
}

/// How many processes the kernel has killed for want of memory, in cgroups too.
long count_killed() {
    static const int fd = ::open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    static char text[16384];
    const auto length = ::pread(fd, text, sizeof text - 1, 0);
    if (length <= 0)
        fail("/proc/vmstat");
    text[length] = '\0';
    const char* line = std::strstr(text, "\noom_kill ");
    if (line == nullptr)
        fail("oom_kill");
    return std::atol(line + std::strlen("\noom_kill "));
}

int fill() {
    const long killed = count_killed();
    while (count_killed() == killed)
        take_memory(kMebibyte / 4);
    return EXIT_SUCCESS;
}

int thrash(std::size_t mebibytes) {
    char* memory = take_memory(mebibytes * kMebibyte);
    tell_systemd_ready();
    for (std::size_t piece = 0;; piece = (piece + 1) % mebibytes) {
        char* begin = memory + piece * kMebibyte;
        if (::madvise(begin, kMebibyte, MADV_DONTNEED) != 0)
            fail("madvise");
        std::memset(begin, 1, kMebibyte);
    }
}

int storm(std::chrono::milliseconds pace, int most, char** program) {
    ::signal(SIGCHLD, SIG_IGN);
    for (int started = 0; told_to_end == 0 && started < most; ++started) {
        start(program);
        std::this_thread::sleep_for(pace);
    }
    return rest(0);
}

int await(int score, double seconds, char** program) {
    // So that what is measured is not this program being swapped in.
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        fail("mlockall");
    const auto begin = Clock::now();
    const pid_t pid = start(program);
    std::chrono::duration<double, std::milli> taken{};
    int found = kNoScore;
    do {
        found = score_of(pid);
        taken = Clock::now() - begin;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (found != score && taken.count() < seconds * 1000);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    std::printf("%.0f\n", taken.count());
    return found == score ? EXIT_SUCCESS : EXIT_FAILURE;
}

int scores(const std::string& cgroup, const std::string& name) {
    std::map<int, int> count;
    std::ifstream pids(cgroup + "/cgroup.procs");
    for (pid_t pid = 0; pids >> pid;) {
        std::string comm;
        std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), comm);
        if (comm == name)
            ++count[score_of(pid)];
    }
    count.erase(kNoScore);
    const char* separator = "";
    for (const auto& [score, processes] : count)
        std::printf("%s%d at %d", std::exchange(separator, ", "), processes, score);
    std::printf("\n");
    return EXIT_SUCCESS;
}

int watch(pid_t pid, int score) {
    long reads = 0;
    long others = 0;
    int other = score;
    while (told_to_end == 0) {
        const int found = score_of(pid);
        ++reads;
        if (found != score) {
            ++others;
            other = found;
        }
    }
    std::printf("%ld reads, %ld others%s%s\n", reads, others, others > 0 ? ", the last " : "",
                others > 0 ? std::to_string(other).c_str() : "");
    return others == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int forget(const std::string& above, int count) {
    const int fd = ::inotify_init1(IN_CLOEXEC);
    for (int number = 0; number < count; ++number) {
        const std::string cgroup = above + "/forgotten-" + std::to_string(number);
        const std::string events = cgroup + "/cgroup.events";
        if (::mkdir(cgroup.c_str(), 0755) != 0 ||
            ::inotify_add_watch(fd, cgroup.c_str(), IN_CREATE | IN_DELETE) < 0 ||
            ::inotify_add_watch(fd, events.c_str(), IN_MODIFY) < 0 || ::rmdir(cgroup.c_str()) != 0)
            fail(cgroup.c_str());
    }
    long kept = 0;
    std::ifstream watches("/proc/self/fdinfo/" + std::to_string(fd));
    for (std::string line; std::getline(watches, line);)
        kept += line.starts_with("inotify ") ? 1 : 0;
    std::printf("%ld\n", kept);
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    struct sigaction end {};
    end.sa_handler = [](int) { told_to_end = 1; };
    ::sigaction(SIGTERM, &end, nullptr);
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "rest")
        return rest(argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 0);
    if (what == "hold" && argc == 3)
        return hold(std::strtoul(argv[2], nullptr, 10));
    if (what == "equals" && argc == 4)
        return equals(std::atoi(argv[2]), std::strtoul(argv[3], nullptr, 10));
    if (what == "sparse" && argc == 3)
        return sparse(std::strtoul(argv[2], nullptr, 10));
    if (what == "fill")
        return fill();
    if (what == "thrash" && argc == 3)
        return thrash(std::strtoul(argv[2], nullptr, 10));
    if (what == "storm" && argc > 4)
        return storm(std::chrono::milliseconds(std::atoi(argv[2])), std::atoi(argv[3]), argv + 4);
    if (what == "await" && argc > 4)
        return await(std::atoi(argv[2]), std::atof(argv[3]), argv + 4);
    if (what == "scores" && argc == 4)
        return scores(argv[2], argv[3]);
    if (what == "watch" && argc == 4)
        return watch(std::atoi(argv[2]), std::atoi(argv[3]));
    if (what == "forget" && argc == 4)
        return forget(argv[2], std::atoi(argv[3]));
    std::fprintf(stderr, "actor: see the top of its source\n");
    return 2;
}
