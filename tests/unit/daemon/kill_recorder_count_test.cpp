// SPDX-License-Identifier: MIT
#include "recording.hpp"

// Where it is only known how many the kernel killed, and where.
namespace oomguard::daemon {
namespace {

/// What is told of one of add() where the kernel's log cannot be read.
Kill counted(const Recording& recording, Pid pid) {
    Kill kill = recording.killed(pid, Killer::Kernel);
    kill.limit = kUnnamedLimit;
    return kill;
}

std::vector<Pid> pids_of(const std::vector<Recording::Told>& told) {
    std::vector<Pid> pids;
    for (const auto& [kill, sequence] : told)
        pids.push_back(kill.id.pid);
    return pids;
}

TEST_CASE("Who ends in a cgroup that lost one to the kernel is told, whichever comes first") {
    Recording recording;
    recording.add(10);
    SECTION("the end") {
        recording.end(10);
        recording.recorder.kernel_killed_in("/job", 1, recording.now);
    }
    SECTION("the count") {
        recording.recorder.kernel_killed_in("/job", 1, recording.now);
        recording.end(10);
    }
    const Kill expected = counted(recording, 10);
    CHECK(recording.only_told() == expected);
}

TEST_CASE("As many are told as the cgroup counts, and only of those that were just in it") {
    Recording recording;
    for (const Pid pid : {10, 11, 12})
        recording.add(pid);
    recording.add(13, "/job/below");
    recording.recorder.kernel_killed_in("/job", 2, recording.now);
    for (const Pid pid : {13, 10, 11, 12})
        recording.end(pid);
    recording.all_told();
    CHECK(pids_of(recording.told) == std::vector<Pid>{10, 11});
}

TEST_CASE(
    "Of those that ended before a cgroup counts them the last are told, and none from long ago") {
    Recording recording;
    for (const Pid pid : {10, 11, 12}) {
        recording.add(pid);
        recording.end(pid);
        recording.pass(milliseconds(2400));
    }
    SECTION("fewer were counted") {
        recording.recorder.kernel_killed_in("/job", 1, recording.now);
        CHECK(pids_of(recording.all_told()) == std::vector<Pid>{12});
    }
    SECTION("as many were counted, one of which ended too long ago") {
        recording.recorder.kernel_killed_in("/job", 3, recording.now);
        CHECK(pids_of(recording.all_told()) == std::vector<Pid>{12, 11, 0});
    }
}

TEST_CASE("What was started after the kernel killed in its cgroup or unit was not killed by it") {
    Recording recording;
    recording.add(10, "/job.service").id.start_time = 100;
    SECTION("cgroup") {
        recording.recorder.kernel_killed_in("/job.service", 1, recording.now);
    }
    SECTION("unit") {
        recording.recorder.kernel_killed_in_unit("job.service", recording.now);
    }
    recording.end(10);
    CHECK(recording.only_told().id.pid == 0);
}

TEST_CASE("Of each that a cgroup counts and that nobody saw end the cgroup is told") {
    Recording recording;
    recording.add(10, "/a\\nb");
    recording.recorder.kernel_killed_in("/a\nb", 3, recording.now);
    recording.end(10);
    Kill expected;
    expected.usec = expected.batch = recording.realtime();
    expected.killer = Killer::Kernel;
    expected.cgroup = "/a\\nb";
    expected.limit = kUnnamedLimit;
    expected.situation = kNow;
    REQUIRE(recording.all_told().size() == 3);
    CHECK(recording.told[1].kill == expected);
    CHECK(recording.told[2].kill == expected);
}

TEST_CASE("One that ends in a unit of which systemd says that it lost one is told") {
    Recording recording;
    recording.add(9, "/system.slice/my-job.service");
    recording.add(10, "/system.slice/job.service/below");
    recording.add(11, "/system.slice/job.service");
    for (const Pid pid : {11, 10, 9})
        recording.end(pid);
    recording.recorder.kernel_killed_in_unit("job.service", recording.now);
    Kill expected = counted(recording, 10);
    expected.cgroup = "/system.slice/job.service/below";
    CHECK(recording.only_told() == expected);
}

TEST_CASE("Of a unit of which nobody was seen to end the unit is told") {
    Recording recording;
    recording.recorder.kernel_killed_in_unit("job.service", recording.now);
    CHECK(recording.only_told().cgroup == "job.service");
}

}  // namespace
}  // namespace oomguard::daemon
