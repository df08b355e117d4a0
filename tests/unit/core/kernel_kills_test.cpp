// SPDX-License-Identifier: MIT
#include "core/kernel_kills.hpp"

#include <string>
#include <vector>

#include "logging_kernel.hpp"
#include "support/catch.hpp"

namespace oomguard {

using namespace test;

TEST_CASE("Of a kill for want of the machine's memory the kernel tells all but a limit") {
    Log log;
    log.invoke();
    log.show_machine(12987, 0, 999420);
    log.choose_of_all(388, "hog");
    CHECK(log.kill(kMachine, 388, "hog") == 388);
    KernelKill expected = log.bare(388, "hog");
    expected.cgroup = "/job";
    expected.situation = "the machine had 50.7M of memory free and 0B of 975.9M of swap";
    CHECK(log.only() == expected);
}

TEST_CASE("A machine without swap is said to have none") {
    Log log;
    log.invoke();
    log.show_machine(256, 0, 0);
    log.choose_of_all(388, "hog");
    log.kill(kMachine, 388, "hog");
    CHECK(log.only().situation == "the machine had 1M of memory free and no swap");
}

TEST_CASE("A kill by SysRq and one by vm.oom_kill_allocating_task are told as such") {
    Log log;
    log.invoke(-1);
    log.show_machine(256, 0, 0);
    log.choose_of_all(388, "hog");
    log.kill(kMachine, 388, "hog");
    KernelKill found = log.only();
    CHECK(found.is_on_request);
    CHECK_FALSE(found.is_of_allocator);
    log.invoke();
    log.show_machine(256, 0, 0);
    log.choose_of_all(389, "hog");
    log.kill(kAllocator, 389, "hog");
    found = log.only();
    CHECK_FALSE(found.is_on_request);
    CHECK(found.is_of_allocator);
    CHECK(found.situation == "the machine had 1M of memory free and no swap");
}

TEST_CASE(
    "Only the line of a process that was killed tells a pid, and there is something to take") {
    Log log;
    CHECK_FALSE(log.kills.has_any());
    CHECK_FALSE(log.say("usb 1-1: new high-speed USB device number 2 using xhci_hcd"));
    log.invoke();
    log.choose_of_all(388, "hog");
    CHECK_FALSE(log.kills.has_any());
    log.kill(kMachine, 388, "hog");
    CHECK(log.kills.has_any());
    CHECK(log.kills.take().size() == 1);
    CHECK_FALSE(log.kills.has_any());
    CHECK(log.kills.take().empty());
}

TEST_CASE("In a burst a kill has nothing of the inquiry of another") {
    Log log;
    log.invoke(-1);
    log.show_cgroup(20480, 20480);
    log.show_machine(256, 0, 0);
    log.choose_in("/tt", "/tt/leaf", 388, "hog");
    log.kill(kCgroup, 388, "hog");
    CHECK(log.kills.take().size() == 1);
    for (const std::string& what : {kCgroup, kMachine}) {
        log.kill(what, 389, "hog");
        KernelKill expected = log.bare(389, "hog");
        expected.is_cgroup = what == kCgroup;
        CHECK(log.only() == expected);
    }
}

TEST_CASE("A summary whose inquiry was overwritten has nothing of the one before") {
    Log log;
    log.invoke(-1);
    log.show_machine(256, 0, 0);
    log.choose_of_all(388, "hog");
    log.kill(kMachine, 388, "hog");
    log.kill_group("/job");
    CHECK(log.kills.take().size() == 1);
    log.choose_of_all(389, "other");
    log.kill(kMachine, 389, "other");
    KernelKill expected = log.bare(389, "other");
    expected.cgroup = "/job";
    CHECK(log.only() == expected);
}

}  // namespace oomguard
