// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <forward_list>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/guard.hpp"
#include "daemon/ledger_file.hpp"
#include "daemon/linux_process_table.hpp"
#include "daemon/recording_score_writer.hpp"
#include "support/catch.hpp"
#include "support/temp_tree.hpp"
#include "sys/memory_lock.hpp"
#include "unit/core/builders.hpp"

// What a look at a process takes of the heap, with the real table of processes, on files like those
// of /proc, and the real ledger.
namespace {

struct Heap {
    std::size_t calls = 0;
    std::ptrdiff_t in_use = 0;
    std::ptrdiff_t most = 0;
};
Heap heap;

}  // namespace

void* operator new(std::size_t size) {
    void* memory = std::malloc(size);
    if (memory == nullptr)
        throw std::bad_alloc();
    ++heap.calls;
    heap.in_use += static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
    heap.most = std::max(heap.most, heap.in_use);
    return memory;
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void operator delete(void* memory) noexcept {
    heap.in_use -= static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace oomguard::daemon {
namespace {

using oomguard::test::TempTree;

struct Taken {
    std::size_t times = 0;
    std::ptrdiff_t kept = 0;  ///< bytes, when it is over
    std::ptrdiff_t most = 0;  ///< bytes, at any time meanwhile
};

template <typename Action>
Taken taken_by(Action action) {
    const Heap before = heap;
    heap.most = heap.in_use;
    action();
    return {heap.calls - before.calls, heap.in_use - before.in_use, heap.most - before.in_use};
}

class SilentObserver final : public Observer {
  public:
    void on_held(const Holding& /*holding*/) override {}
    void on_dry_run(const Holding& /*holding*/) override {}
    void on_released(const Holding& /*holding*/, ReleaseReason /*reason*/, int /*value*/) override {
    }
    void on_drifted(const Holding& /*holding*/, int /*found*/, bool /*repaired*/) override {}
    void on_refused(const Holding& /*holding*/, const Error& /*error*/) override {}
    void on_unreadable(Pid /*pid*/, const Error& /*error*/) override {}
};

/// A guard that has swept a tree of processes, of which a rule means those named "meant".
struct CountedGuarding {
    TempTree tree;
    TempTree processes;
    LedgerFile ledger{tree.path("ledger"), "boot"};
    LinuxProcessTable table = table_of(processes);
    RecordingScoreWriter writer{ledger, {.is_permitted = false, .set_effective = {}}};
    SilentObserver seen;
    Guard guard{table, writer, seen, 77};
    Time now = Time{} + std::chrono::hours(5);

    CountedGuarding() {
        REQUIRE(ledger.open());
        start(1, "systemd");
        Rule rule = rule_of({.name = {glob("meant")}});
        rule.name = "a rule of which the name is not short";
        rule.value = {Value::Kind::Exactly, 345};
        guard.set_options({.exempt_cgroups = {path_glob("/kubepods.slice/**")}});
        guard.set_rules(std::make_shared<const RuleSet>(std::vector<Rule>{rule}));
        REQUIRE(guard.sweep(now));
    }

    static LinuxProcessTable table_of(const TempTree& tree) {
        auto procfs = sys::Procfs::open(tree.path());
        REQUIRE(procfs);
        return {*std::move(procfs), errno_error(ENOENT, "find a mount of type cgroup2")};
    }

    /// With files as long as the kernel's.
    void start(Pid pid, const std::string& comm) {
        const std::string number = std::to_string(pid);
        const std::string directory = number + "/";
        processes.write(directory + "stat",
                        number + " (" + comm +
                            ") S 1 100 100 0 -1 4194304 90 0 1 0 2 3 0 0 20 0 1 0 4711 8523776 500 "
                            "18446744073709551615 94702842925056 94702842942985 140737471136976 0 "
                            "0 0 0 6 0 1 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
        processes.write(directory + "status",
                        "Name:\t" + comm + "\nTgid:\t" + number + "\nPid:\t" + number +
                            "\nUid:\t1000\t1000\t1000\t1000\nGid:\t5\t5\t5\t5\nGroups:\t6 7 \n" +
                            "Mems_allowed:\t" + std::string(1200, '0') + "\n");
        processes.write(directory + "cgroup", "0::/user.slice/user-1000.slice/session-2.scope\n");
        processes.write(directory + "oom_score_adj", "0\n");
        processes.link(directory + "exe", "/usr/local/bin/" + comm);
    }

    Taken look(Pid pid) {
        bool is_there = false;
        const Taken taken = taken_by([&] { is_there = guard.examine(pid, now); });
        CHECK(is_there);
        return taken;
    }
};

/// Of what malloc had at hand nothing is left: neither holes nor the rest at its top.
class AllTaken {
  public:
    AllTaken() {
        constexpr std::size_t kLittle = 2048;
        for (std::size_t size = 4096; size >= 24; size /= 2) {
            while (::mallinfo2().fordblks > kLittle && ::mallinfo2().fordblks >= 2 * size)
                pieces_.push_front(std::malloc(size));
        }
    }
    AllTaken(const AllTaken&) = delete;
    AllTaken& operator=(const AllTaken&) = delete;
    ~AllTaken() {
        for (void* const piece : pieces_)
            std::free(piece);
    }

  private:
    std::forward_list<void*> pieces_;
};

// Where memory is short, malloc has this at hand: see sys::lock_memory().
constexpr std::ptrdiff_t kFew = 4096;

}  // namespace

TEST_CASE("A stranger that is as it was is looked at without the heap") {
    CountedGuarding t;
    t.start(10, "other");
    (void)t.look(10);
    constexpr int kGlances = 6;
    for (int glance = 0; glance < kGlances; ++glance)
        CHECK(t.look(10).times == 0);
}

TEST_CASE("A whole look at a process that is known keeps nothing and needs little meanwhile") {
    CountedGuarding t;
    t.start(10, "other");
    t.start(20, "meant");
    (void)t.look(10);
    (void)t.look(20);
    REQUIRE(t.guard.holdings().contains(20));
    (void)t.look(20);
    for (int turn = 0; turn < 14; ++turn) {
        for (const Pid pid : {10, 20}) {
            const Taken taken = t.look(pid);
            CHECK(taken.kept == 0);
            CHECK(taken.most <= kFew);
        }
    }
}

TEST_CASE("A drift of a held process is repaired without keeping anything") {
    CountedGuarding t;
    t.start(20, "meant");
    (void)t.look(20);
    (void)t.look(20);
    t.processes.write("20/oom_score_adj", "7\n");
    const Taken taken = t.look(20);
    CHECK(t.processes.read("20/oom_score_adj") == "345\n");
    CHECK(taken.kept == 0);
    CHECK(taken.most <= kFew);
}

TEST_CASE("What is kept of a new process is little, and given back when it has ended") {
    constexpr std::ptrdiff_t kOfStranger = 128;
    constexpr std::ptrdiff_t kOfHeld = 1024;
    CountedGuarding t;
    t.start(10, "other");
    t.start(20, "meant");
    // The first of its kind also makes the table.
    t.start(11, "other");
    t.start(21, "meant");
    (void)t.look(11);
    (void)t.look(21);
    const Taken stranger = t.look(10);
    CHECK(stranger.kept <= kOfStranger);
    CHECK(stranger.most <= kFew);
    const std::ptrdiff_t before = heap.in_use;
    const Taken held = t.look(20);
    REQUIRE(t.guard.holdings().contains(20));
    CHECK(held.kept <= kOfHeld);
    CHECK(held.most <= kFew);
    std::filesystem::remove_all(t.processes.path("20"));
    t.guard.ended(20, t.now);
    CHECK(heap.in_use <= before);
}

TEST_CASE("Once memory is locked new processes are held without asking the system for any") {
#ifdef __SANITIZE_ADDRESS__
    WARN("the address sanitizer has a heap of its own");
#else
    constexpr Pid kFirst = 100;
    constexpr Pid kLast = 140;
    CountedGuarding t;
    t.start(20, "meant");
    for (Pid pid = kFirst; pid < kLast; ++pid)
        t.start(pid, "meant");
    // The first of its kind also makes the table, and runs the code for the first time.
    (void)t.look(20);
    const AllTaken all;
    (void)sys::lock_memory();
    const void* const end = ::sbrk(0);
    const std::size_t blocks = ::mallinfo2().hblks;
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    for (Pid pid = kFirst; pid < kLast; ++pid)
        (void)t.guard.examine(pid, t.now);
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(::sbrk(0) == end);
    CHECK(::mallinfo2().hblks == blocks);
    // Pages of the stack.
    CHECK(after.ru_minflt - before.ru_minflt <= 2);
    sys::unlock_and_trim_memory();
    CHECK(t.guard.holdings().size() == 1 + kLast - kFirst);
#endif
}

}  // namespace oomguard::daemon
