// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <future>
#include <thread>

#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "live_process.hpp"
#include "sys/capability.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::Child;
using oomguard::test::fork_child;
using oomguard::test::run_in_child;
using oomguard::test::spawn;

namespace {

void check_all_gone(const ProcDir& process) {
    Snapshot snapshot;
    CHECK(process.read_stat().error().code.value() == ESRCH);
    CHECK(process.read_credentials(snapshot).error().code.value() == ESRCH);
    CHECK(process.read_cgroup(snapshot).error().code.value() == ESRCH);
    CHECK(process.read_cmdline(snapshot).error().code.value() == ESRCH);
    CHECK(process.read_exe().error().code.value() == ESRCH);
    CHECK(process.read_oom_score().error().code.value() == ESRCH);
    CHECK(process.read_memory().error().code.value() == ESRCH);
    CHECK(process.read_oom_score_adj().error().code.value() == ESRCH);
    CHECK(process.write_oom_score_adj(500).error().code.value() == ESRCH);
}

/// Without memory of its own, a process's files are root's (task_dump_owner in fs/proc/base.c).
void check_written_if_root(const ProcDir& process, int value) {
    const Result<void> written = process.write_oom_score_adj(value);
    if (may_use(CAP_DAC_OVERRIDE)) {
        CHECK(written);
        CHECK(*process.read_oom_score_adj() == value);
    } else {
        CHECK(is_denied(written.error()));
    }
}

/// Starts a process under a pid that is free; -1 and errno.
pid_t fork_as(pid_t pid) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uintptr_t>(&pid);
    arguments.set_tid_size = 1;
    const long result = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (result == 0)
        for (;;)
            ::pause();
    return static_cast<pid_t>(result);
}

}  // namespace

TEST_CASE("A started program is read as what it is") {
    const Child child = spawn({"tail", "-f", "/dev/null", "--", "/dev/null"});
    const ProcDir process = open_process(child);
    Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    CHECK(snapshot->id.pid == child.pid());
    CHECK(snapshot->id.start_time > 0);
    CHECK(snapshot->parent_pid == ::getpid());
    CHECK(snapshot->comm == "tail");
    CHECK_FALSE(snapshot->kernel_thread);
    CHECK_FALSE(snapshot->zombie);

    REQUIRE(process.read_credentials(*snapshot));
    CHECK(snapshot->uid == ::getuid());
    REQUIRE_FALSE(snapshot->groups.empty());
    CHECK(snapshot->groups.front() == ::getgid());

    REQUIRE(process.read_cmdline(*snapshot));
    CHECK(snapshot->cmdline == "tail -f /dev/null -- /dev/null");
    REQUIRE(process.read_exe());
    CHECK(executable_name(*process.read_exe()).ends_with("tail"));
    const Result<void> cgroup = process.read_cgroup(*snapshot);
    if (cgroup)
        CHECK(snapshot->cgroup.starts_with('/'));
    else
        WARN("no cgroup: " << cgroup.error().message());
}

TEST_CASE("A running process is among the pids, and ends so once reaped") {
    Child child = spawn({"sleep", "1000"});
    const Pid pid = child.pid();
    const Procfs procfs = open_proc();
    const auto listed = [&] {
        const Result<std::vector<Pid>> pids = procfs.pids();
        REQUIRE(pids);
        return std::count(pids->begin(), pids->end(), pid);
    };
    CHECK(listed() == 1);
    child.reap();
    CHECK(listed() == 0);
    const Result<ProcDir> process = procfs.open_process(pid);
    REQUIRE_FALSE(process);
    CHECK(is_gone(process.error()));
}

TEST_CASE("A process that names itself to deceive deceives nobody") {
    const std::string name =
        GENERATE(as<std::string>{}, "foo) Z 1", "foo)\nZ\n", "", "()()()())))(((",
                 "\xff\xfe\x80\xc3", "Uid:\t0\t0\n", "\nUid:\t77\t77\n", "\\nUid:\t7");
    CAPTURE(name);
    const Child child = fork_child([&] { ::prctl(PR_SET_NAME, name.c_str()); });
    const ProcDir process = open_process(child);
    Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    CHECK(snapshot->comm == name.substr(0, kLongestComm));
    CHECK(snapshot->parent_pid == ::getpid());
    CHECK_FALSE(snapshot->zombie);
    REQUIRE(process.read_credentials(*snapshot));
    CHECK(snapshot->uid == ::getuid());
}

TEST_CASE("A zombie is told from a living process") {
    Child child = spawn({"sleep", "1000"});
    const ProcDir process = open_process(child);
    child.make_zombie();

    Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    CHECK(snapshot->zombie);
    CHECK(snapshot->comm == "sleep");
    CHECK(process.read_credentials(*snapshot));
    REQUIRE(process.read_cmdline(*snapshot));
    CHECK(snapshot->cmdline.empty());
    const Result<std::string> exe = process.read_exe();
    REQUIRE_FALSE(exe);
    CHECK(exe.error().message() == "read " + path_of(child, "exe") + ": No such file or directory");
    check_written_if_root(process, 500);
}

TEST_CASE("A process whose main thread has ended is alive") {
    const Child child = fork_child([] {
        std::signal(SIGUSR1, [](int) { ::syscall(SYS_exit, 0); });
        std::thread([] {
            for (;;)
                ::pause();
        }).detach();
    });
    const ProcDir process = open_process(child);
    REQUIRE(::syscall(SYS_tgkill, child.pid(), child.pid(), SIGUSR1) == 0);
    // Nothing tells of this end but the missing executable.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (process.read_exe() && std::chrono::steady_clock::now() < deadline)
        ::sched_yield();

    REQUIRE_FALSE(process.read_exe());
    const Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    CHECK_FALSE(snapshot->zombie);
    check_written_if_root(process, 700);

    const Result<MemoryUse> memory = process.read_memory();
    REQUIRE(memory);
    CHECK(memory->bytes.value_or(0) > 0);
}

TEST_CASE("The memory of a process is what it has taken, and a zombie has none") {
    constexpr std::size_t kBytes = 32UL << 20;
    const Child small = fork_child();
    Child large = fork_child([] {
        void* memory =
            ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            ::_exit(1);
        std::memset(memory, 1, kBytes);
    });
    const Result<MemoryUse> without = open_process(small).read_memory();
    const ProcDir process = open_process(large);
    const Result<MemoryUse> with = process.read_memory();
    REQUIRE(without);
    REQUIRE(with);
    CHECK(with->uid == ::getuid());
    // What is not this memory differs by little.
    constexpr std::uint64_t kMost = 8UL << 20;
    CHECK(*with->bytes > *without->bytes + kBytes - kMost);
    CHECK(*with->bytes < *without->bytes + kBytes + kMost);

    large.make_zombie();
    const Result<MemoryUse> zombie = process.read_memory();
    REQUIRE(zombie);
    CHECK(zombie->bytes == std::nullopt);
    large.reap();
    CHECK(process.read_memory().error().message() ==
          "read /proc/" + std::to_string(process.pid()) + "/status: No such process");
}

TEST_CASE("After a process was reaped every operation finds it gone") {
    Child child = spawn({"sleep", "1000"});
    const ProcDir process = open_process(child);
    child.reap();
    check_all_gone(process);
    CHECK(process.read_stat().error().message() ==
          "read /proc/" + std::to_string(process.pid()) + "/stat: No such process");
}

TEST_CASE("A process is never taken for another that has got its pid") {
    Child first = fork_child();
    const pid_t pid = first.pid();
    const ProcDir process = open_process(first);
    first.reap();
    const pid_t again = fork_as(pid);
    if (again < 0) {
        WARN("skipped: cannot choose a pid here, errno " << errno);
        return;
    }
    const Child second(again);
    REQUIRE(again == pid);
    check_all_gone(process);
    CHECK(*open_process(second).read_oom_score_adj() != 500);
}

TEST_CASE("Kernel threads are told from processes") {
    constexpr Pid kKthreadd = 2;
    const Result<ProcDir> process = open_proc().open_process(kKthreadd);
    if (!process) {
        WARN("skipped: no kernel threads to be seen in this pid namespace");
        return;
    }
    const Result<Snapshot> snapshot = process->read_stat();
    REQUIRE(snapshot);
    if (snapshot->comm != "kthreadd") {
        WARN("skipped: pid 2 is not kthreadd in this pid namespace");
        return;
    }
    CHECK(snapshot->kernel_thread);
    CHECK_FALSE(process->read_exe());
}

TEST_CASE("The boot id is one line") {
    const Result<std::string> boot = open_proc().boot_id();
    if (!boot) {
        WARN("skipped: " << boot.error().message());
        return;
    }
    constexpr std::size_t kUuidLength = 36;
    CHECK(boot->size() == kUuidLength);
}

TEST_CASE("The id of a thread is that of no process") {
    pid_t thread = 0;
    std::promise<void> started;
    std::promise<void> ends;
    std::thread other([&] {
        thread = ::gettid();
        started.set_value();
        ends.get_future().wait();
    });
    started.get_future().wait();
    const Result<ProcDir> directory = open_proc().open_process(thread);
    REQUIRE(directory);
    Snapshot snapshot;
    const Result<void> read = directory->read_credentials(snapshot);
    CHECK(read.error().message() ==
          "read /proc/" + std::to_string(thread) + "/status: a thread: No such process");
    CHECK(directory->read_memory().error().message() == read.error().message());
    ends.set_value();
    other.join();
}

TEST_CASE("The owner is the user of the process, and root if it may not be looked into") {
    const Child child = fork_child();
    CHECK(*open_process(child).read_owner() == ::geteuid());
    if (::geteuid() != 0) {
        WARN("skipped: only root can become another user");
        return;
    }
    constexpr uid_t kNobody = 65534;
    const Child of_nobody = fork_child([] {
        REQUIRE(::setresuid(kNobody, kNobody, kNobody) == 0);
        REQUIRE(::prctl(PR_SET_DUMPABLE, 1) == 0);
    });
    CHECK(*open_process(of_nobody).read_owner() == kNobody);
    const Child shut = fork_child([] {
        REQUIRE(::setresuid(kNobody, kNobody, kNobody) == 0);
        REQUIRE(::prctl(PR_SET_DUMPABLE, 0) == 0);
    });
    CHECK(*open_process(shut).read_owner() == 0);
}
