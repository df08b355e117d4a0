// SPDX-License-Identifier: MIT
#include <atomic>
#include <fstream>
#include <limits>
#include <thread>

#include <grp.h>
#include <sys/capability.h>
#include <unistd.h>

#include "bus_hold.hpp"
#include "support/cgroup.hpp"
#include "support/child.hpp"
#include "sys/capability.hpp"

// What Hold, HoldTree and Release do not do, and what they say then.
namespace oomguard::test {

TEST_CASE("A value that is none is out of range") {
    HoldTest t;
    const auto pid = HoldTest::bus_pid(t.other.pid());
    for (const int value : {-1001, 1001, 1'000'000, std::numeric_limits<int>::min()})
        CHECK(t.failure_of_hold(pid, value) ==
              kError + "OutOfRange: " + std::to_string(value) +
                  " is no oom_score_adj; it goes from -1000 to 1000");
    CHECK_FALSE(t.client().process(t.other.pid()));
}

TEST_CASE("What is no process cannot be held") {
    HoldTest t;
    for (const std::uint32_t pid : {0U, 2147483647U}) {
        const std::string id = std::to_string(pid);
        const std::string message = kError + "NoSuchProcess: no process with pid " + id +
                                    ": open /proc/" + id +
                                    ": No such file or directory; look its pid up again";
        CHECK(t.failure_of_hold(pid, 5) == message);
        CHECK(t.failure_of_release(pid) == message);
    }
    // Beyond what a pid can be: not another's.
    for (const std::uint32_t pid : {2147483648U, 4294967295U}) {
        const std::string message = kError + "NoSuchProcess: no process with pid " +
                                    std::to_string(pid) +
                                    ": the kernel gives none above 2147483647; look its pid up "
                                    "again";
        CHECK(t.failure_of_hold(pid, 5) == message);
        CHECK(t.failure_of_release(pid) == message);
    }
}

TEST_CASE("What is never touched cannot be held") {
    HoldTest t;
    CHECK(t.failure_of_hold(1, 5) ==
          kError +
              "NotPermitted: process 1 is never touched, and the kernel never kills it; hold "
              "another process");
    CHECK(t.failure_of_hold(HoldTest::bus_pid(t.daemon.pid()), 5) ==
          kError + "NotPermitted: process " + std::to_string(t.daemon.pid()) +
              " is oom-guardd itself, which it never touches; set OOMScoreAdjust= in "
              "oom-guardd.service");
    std::string comm;
    if (std::ifstream("/proc/2/comm") >> comm; comm != "kthreadd") {
        WARN("no kernel thread is to be seen here: not checked");
        return;
    }
    CHECK(t.failure_of_hold(2, 5) ==
          kError +
              "NotPermitted: process 2 is a kernel thread, which is never touched, and the kernel "
              "never kills it; hold another process");
}

TEST_CASE("A process in an exempt cgroup cannot be held") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    HoldTest t(std::string(kQuietSettings) + "exempt_cgroups: " + cgroup->patterns() + "\n");
    t.other.tell({"cgroup", cgroup->path()});
    CHECK(t.failure_of_hold(HoldTest::bus_pid(t.other.pid()), 500) ==
          kError + "NotPermitted: the cgroup of process " + std::to_string(t.other.pid()) +
              " is exempt; take it out of exempt_cgroups in oom-guardd.yaml");
    CHECK(read_score(t.other.pid()) == kOriginal);
}

TEST_CASE("A hold that the kernel refuses leaves nothing behind") {
    if (sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: with CAP_SYS_RESOURCE nothing is refused");
        return;
    }
    HoldTest t;
    for (Subject* subject : {&t.ruled, &t.other}) {
        const pid_t pid = subject->pid();
        const std::string id = std::to_string(pid);
        const std::string name = texts_of(t.client()->GetProcess(HoldTest::bus_pid(pid)))["Name"];
        const std::string now = std::to_string(*read_score(pid));
        CHECK(t.failure_of_hold(HoldTest::bus_pid(pid), -500) ==
              kError + "NotPermitted: cannot set '" + name.substr(2) + "' (pid " + id + ") from " +
                  now + " to -500 for rule 'hold " + id + "': write /proc/" + id +
                  "/oom_score_adj: Permission denied; lowering a score needs CAP_SYS_RESOURCE, "
                  "which this daemon does not have: run it by its unit oom-guardd.service; nothing "
                  "was changed");
        CHECK_FALSE(t.is_pinned(pid));
        CHECK(std::to_string(*read_score(pid)) == now);
    }
    CHECK(t.client().process(t.ruled.pid())->rule == "keep");
    CHECK(t.client().process(t.ruled.pid())->state == "held");
    CHECK(t.client().rule("keep")->matches == 1);
    CHECK_FALSE(t.client().process(t.other.pid()));
    t.daemon.restart();
    CHECK_FALSE(t.client().process(t.other.pid()));
}

TEST_CASE("What Hold does not hold cannot be released, and the message says what does") {
    HoldTest t;
    const auto ruled = HoldTest::bus_pid(t.ruled.pid());
    const auto other = HoldTest::bus_pid(t.other.pid());
    const std::string by_rule = kError + "NoSuchRule: process " + std::to_string(ruled) +
                                " is not held by Hold, but by rule 'keep' (" +
                                t.daemon.rules_path("10-test.yaml") +
                                ":2): change that, or use Hold to have it at another value";
    CHECK(t.failure_of_release(ruled) == by_rule);
    CHECK(t.failure_of_release(other) ==
          kError + "NoSuchRule: process " + std::to_string(other) +
              " is not held by Hold, and no rule means it: there is nothing to release");
    t.hold(t.ruled.pid(), 500);
    t.release(t.ruled.pid());
    CHECK(t.failure_of_release(ruled) == by_rule);
    CHECK(read_score(t.ruled.pid()) == 345);
}

TEST_CASE("In a dry run Hold writes nothing, and does not fail") {
    HoldTest t;
    t.daemon.write_settings(std::string(kQuietSettings) + "dry_run: true\n");
    CHECK(t.client()->Reload() == 2);
    t.hold(t.other.pid(), 500);
    t.hold_tree(t.ruled.pid(), -500);
    CHECK(read_score(t.other.pid()) == kOriginal);
    CHECK(read_score(t.ruled.pid()) == 345);
    CHECK(t.client().process(t.other.pid())->state == "dry-run");
    CHECK(t.client().process(t.ruled.pid())->state == "dry-run");
    CHECK(t.client().process(t.ruled.pid())->wanted == -500);
    t.release(t.ruled.pid());
    CHECK(t.client().process(t.ruled.pid())->state == "held");
    // When it has ended, what was asked for is done.
    t.daemon.write_settings(kQuietSettings);
    CHECK(t.client()->Reload() == 3);
    CHECK(read_score(t.other.pid()) == 500);
}

TEST_CASE("A thread is no process to be held") {
    HoldTest t;
    std::atomic<pid_t> thread_id = 0;
    std::atomic<bool> is_over = false;
    std::thread thread([&] {
        thread_id = ::gettid();
        thread_id.notify_one();
        is_over.wait(false);
    });
    thread_id.wait(0);
    const std::string id = std::to_string(thread_id);
    CHECK(t.failure_of_hold(HoldTest::bus_pid(thread_id), 5) ==
          kError + "NoSuchProcess: no process with pid " + id + ": read /proc/" + id +
              "/status: a thread: No such process; look its pid up again");
    is_over = true;
    is_over.notify_one();
    thread.join();
}

}  // namespace oomguard::test
