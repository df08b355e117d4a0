// SPDX-License-Identifier: MIT
#include <string>

#include "recording.hpp"

// What the kernel's log says, and the ends that go with it.
namespace oomguard::daemon {
namespace {

/// What is told of a process that the kernel killed and that could be looked up.
Kill killed_by_kernel(const Recording& recording, Pid pid) {
    Kill kill = recording.killed(pid, Killer::Kernel);
    kill.score = -17;
    kill.memory = 8192;
    return kill;
}

const std::string kGroup = "Tasks in /job are going to be killed due to memory.oom.group set";
const std::string kMemcg = "Memory cgroup out of memory";

}  // namespace

TEST_CASE("A kill that the kernel logs before the process ends is told once, after a moment") {
    Recording recording;
    recording.add(10);
    recording.kernel_kills(10);
    CHECK(recording.told.empty());
    CHECK(recording.recorder.next_due() == recording.now + KillRecorder::kKernelWait);
    recording.pass(milliseconds(50));
    recording.end(10);
    CHECK(recording.told.empty());
    recording.pass(milliseconds(50));
    REQUIRE(recording.told.size() == 1);
    CHECK(recording.told.front().kill == killed_by_kernel(recording, 10));
    CHECK(recording.told.front().sequence == 501);
    CHECK(recording.all_told().size() == 1);
}

TEST_CASE("A kill that the kernel logs after the process ended is told with what was known then") {
    Recording recording;
    recording.add_protected(10);
    recording.end(10);
    recording.pass(milliseconds(2000));
    recording.kernel_kills(10);
    recording.pass(KillRecorder::kKernelWait);
    Kill expected = killed_by_kernel(recording, 10);
    expected.rule = "keep";
    expected.why =
        "its oom_score_adj was -17 then, not the -500 of its rule: someone else had changed it, or "
        "it could not be written; see the log";
    CHECK(recording.only_told() == expected);
}

TEST_CASE("Of a process that is gone what the kernel says of it is told") {
    Recording recording;
    recording.kernel_kills(10);
    recording.pass(KillRecorder::kKernelWait);
    Kill expected = killed_by_kernel(recording, 10);
    expected.id = {10, 0};
    expected.user = "user 1000";
    expected.cgroup = "";
    CHECK(recording.only_told() == expected);
}

TEST_CASE("The end of a process that the kernel killed is nobody else's, however late it comes") {
    Recording recording;
    recording.add_protected(10);
    recording.kernel_kills(10);
    recording.pass(seconds(30));
    recording.end(10);
    recording.recorder.oomd_killed("/job", "memory-used", recording.now);
    recording.there.clear();
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kill.killer == Killer::Kernel);
    CHECK(told[1].kill.id.pid == 0);
}

TEST_CASE("A kill from before is told as of its time, and not with who has the pid now") {
    Recording recording;
    recording.kernel_kills(10, true);
    recording.now += seconds(3600);
    recording.add_protected(10);
    recording.recorder.settle(recording.now);
    Kill expected = killed_by_kernel(recording, 10);
    expected.usec = Recording::kRealtime;
    expected.id = {10, 0};
    expected.user = "user 1000";
    expected.cgroup = "";
    expected.situation = "";
    CHECK(recording.only_told() == expected);
    recording.end(10);
    REQUIRE(recording.all_told().size() == 2);
    CHECK(recording.told[1].kill.killer == Killer::Unknown);
}

TEST_CASE("Of the kernel's inquiry the cgroup that ran out and the situation are told") {
    Recording recording;
    recording.add(10, "");
    recording.kernel_says("hog invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0");
    recording.kernel_says("memory: usage 1024kB, limit 1024kB, failcnt 1");
    recording.kernel_says(
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
        "oom_memcg=/a\n,task_memcg=/a\n/b,task=hog,pid=10,uid=0");
    recording.kernel_kills(10, false, kMemcg);
    const Kill kill = recording.only_told();
    CHECK(kill.cgroup == "/a\\n/b");
    CHECK(kill.limit == "/a\\n");
    CHECK(kill.situation == "cgroup /a\\n had 1M of memory, and its memory.max is 1M");
}

TEST_CASE("A cgroup that the kernel left out is told as one that ran into its limit") {
    Recording recording;
    recording.add(10).protection.wanted = -17;
    recording.kernel_kills(10, false, kMemcg);
    const Kill kill = recording.only_told();
    CHECK(kill.limit == "?");
    CHECK(kill.situation == "a cgroup ran into its memory.max");
    CHECK(
        kill.why ==
        "a cgroup of its, or the machine, had run out of memory, and the kernel did not say which: "
        "it had the most points there, in spite of -17; see oom-guardctl rank, also with --cgroup");
}

TEST_CASE("Those that the kernel kills as a group are one batch, the next kill is another") {
    Recording recording;
    for (const Pid pid : {10, 11, 12})
        recording.add(pid).protection.wanted = -17;
    recording.kernel_kills(10);
    recording.kernel_says(kGroup);
    recording.kernel_kills(11);
    recording.kernel_kills(10);
    recording.kernel_says("hog invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0");
    recording.kernel_kills(12);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 3);
    CHECK(told[0].kill.id.pid == 10);
    CHECK(told[1].kill.id.pid == 11);
    CHECK(told[0].kill.batch == told[1].kill.batch);
    CHECK(told[0].kill.batch != told[2].kill.batch);
    const std::string why = "its whole cgroup was killed (memory.oom.group)";
    CHECK(told[0].kill.why.starts_with(why));
    CHECK(told[1].kill.why.starts_with(why));
    CHECK(told[2].kill.why.starts_with("it had the most points of all"));
}

TEST_CASE("What is started after the kernel killed a group is not of the group") {
    Recording recording;
    recording.add(10);
    recording.kernel_kills(10);
    recording.kernel_says(kGroup);
    recording.kernel_kills(10);
    recording.pass(KillRecorder::kKernelWait);
    recording.add(11).id.start_time = 100;
    recording.end(11);
    CHECK(recording.only_told().id.pid == 10);
}

TEST_CASE("A later daemon begins behind the record that names the first of a group again") {
    Recording recording;
    recording.kernel_kills(10);
    recording.kernel_says(kGroup);
    recording.kernel_kills(11);
    recording.kernel_kills(10);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].sequence == 501);
    CHECK(told[1].sequence == 504);
}

TEST_CASE("One that the kernel kills right after a group, in another cgroup, is not of the group") {
    Recording recording;
    recording.add(10, "/job/part");
    recording.add(11);
    recording.add(12, "/jobless").protection.wanted = -17;
    recording.kernel_kills(10);
    recording.kernel_says(kGroup);
    recording.kernel_kills(11);
    recording.kernel_kills(12);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 3);
    CHECK(told[0].kill.batch == told[1].kill.batch);
    CHECK(told[1].kill.batch != told[2].kill.batch);
    CHECK(told[2].kill.cgroup == "/jobless");
    CHECK(told[2].kill.why.starts_with("it had the most points of all"));
}

TEST_CASE("A burst of a hundred kills makes a hundred records, each of its own process") {
    Recording recording;
    for (Pid pid = 1; pid <= 100; ++pid)
        recording.add(pid);
    for (Pid pid = 1; pid <= 100; ++pid) {
        // Some end before the kernel's log can be read, some after.
        if (pid % 2 == 0)
            recording.end(pid);
        recording.kernel_kills(pid);
        if (pid % 2 != 0)
            recording.end(pid);
        recording.pass(milliseconds(7));
    }
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 100);
    for (std::size_t index = 0; index < told.size(); ++index) {
        CHECK(told[index].kill.id == ProcessId{static_cast<Pid>(index + 1), 99});
        CHECK(told[index].kill.killer == Killer::Kernel);
        CHECK((index == 0 || told[index].kill.batch > told[index - 1].kill.batch));
    }
}

TEST_CASE("A pid that is used again is another process, whose kill is told") {
    Recording recording;
    recording.add(10);
    recording.kernel_kills(10);
    recording.end(10);
    recording.pass(seconds(1));
    recording.add(10).id.start_time = 100;
    recording.kernel_kills(10);
    recording.end(10);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kill.id == ProcessId{10, 99});
    CHECK(told[1].kill.id == ProcessId{10, 100});
}

TEST_CASE("Other records of the kernel's log make nothing due") {
    Recording recording;
    recording.kernel_says("usb 1-1: new high-speed USB device number 2 using xhci_hcd");
    recording.kernel_says("hog invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0");
    CHECK_FALSE(recording.recorder.next_due());
}

}  // namespace oomguard::daemon
