// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "recording.hpp"

// What systemd-oomd says, and ends that nobody accounts for.
namespace oomguard::daemon {
namespace {

const std::string kPressure = "memory-pressure";
const std::string kSwap = "memory-used";

/// What is told of a process that systemd-oomd killed for memory pressure, and that was seen.
Kill killed_by_oomd(const Recording& recording, Pid pid) {
    Kill kill = recording.killed(pid, Killer::SystemdOomd);
    kill.situation = "memory pressure was high; " + kNow;
    return kill;
}

}  // namespace

TEST_CASE("Processes that ended before systemd-oomd said that it killed them are told then") {
    Recording recording;
    for (const Pid pid : {10, 11}) {
        recording.add(pid);
        recording.end(pid);
    }
    recording.pass(milliseconds(2499));
    CHECK(recording.told.empty());
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    REQUIRE(recording.told.size() == 2);
    CHECK(recording.told[0].kill == killed_by_oomd(recording, 10));
    CHECK(recording.told[1].kill == killed_by_oomd(recording, 11));
    CHECK_FALSE(recording.told[0].sequence);
    CHECK(recording.all_told().size() == 2);
}

TEST_CASE("Processes that end after systemd-oomd said that it killed them are told as they end") {
    Recording recording;
    recording.add(10);
    recording.add(11);
    Kill expected = killed_by_oomd(recording, 10);
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    recording.pass(seconds(1));
    recording.end(10);
    REQUIRE(recording.told.size() == 1);
    expected.usec = recording.realtime();
    CHECK(recording.told[0].kill == expected);
    recording.pass(milliseconds(8999));
    recording.end(11);
    REQUIRE(recording.told.size() == 2);
    expected.id.pid = 11;
    expected.usec = recording.realtime();
    CHECK(recording.told[1].kill == expected);
    CHECK(recording.all_told().size() == 2);
}

TEST_CASE("What is killed with a cgroup are those in it and below, not of one named alike") {
    for (const bool is_before : {true, false}) {
        Recording recording;
        recording.add_protected(10, "/a/b/c");
        recording.add_protected(11, "/ab");
        recording.add_protected(12, "/");
        recording.add_protected(13, "");
        recording.add_protected(14, "/a");
        if (is_before)
            recording.recorder.oomd_killed("/a", kPressure, recording.now);
        for (Pid pid = 10; pid <= 14; ++pid)
            recording.end(pid);
        if (!is_before)
            recording.recorder.oomd_killed("/a", kPressure, recording.now);
        REQUIRE(recording.told.size() == 2);
        CHECK(recording.told[0].kill.id.pid == 10);
        CHECK(recording.told[1].kill.id.pid == 14);
        REQUIRE(recording.all_told().size() == 5);
        for (std::size_t index = 2; index < 5; ++index)
            CHECK(recording.told[index].kill.killer == Killer::Unknown);
    }
}

TEST_CASE("In the root cgroup is every process whose cgroup is known") {
    Recording recording;
    recording.add(10, "/a");
    recording.add(11, "/");
    recording.recorder.oomd_killed("/", kPressure, recording.now);
    recording.end(10);
    recording.end(11);
    CHECK(recording.told.size() == 2);
}

TEST_CASE("Of a cgroup of which no process was seen to end the cgroup is told, after a while") {
    Recording recording;
    recording.recorder.oomd_killed("/a\nb", kPressure, recording.now);
    CHECK(recording.recorder.next_due() == recording.now + KillRecorder::kDyingOfPressure);
    recording.pass(KillRecorder::kDyingOfPressure);
    Kill expected = killed_by_oomd(recording, 0);
    expected.usec = expected.batch = Recording::kRealtime;
    expected.id = {};
    expected.name = expected.user = "";
    expected.cgroup = "/a\\nb";
    expected.score = std::nullopt;
    expected.memory = 0;
    CHECK(recording.only_told() == expected);
}

TEST_CASE("Two cgroups that systemd-oomd kills are two batches") {
    Recording recording;
    recording.add(10, "/a");
    recording.add(11, "/b");
    recording.recorder.oomd_killed("/a", kPressure, recording.now);
    recording.recorder.oomd_killed("/b", kSwap, recording.now);
    recording.end(11);
    recording.end(10);
    REQUIRE(recording.all_told().size() == 2);
    CHECK(recording.told[0].kill.situation == "memory and swap were used up; " + kNow);
    CHECK(recording.told[1].kill.situation == "memory pressure was high; " + kNow);
    CHECK(recording.told[0].kill.batch != recording.told[1].kill.batch);
}

TEST_CASE("Why systemd-oomd killed is told whatever it says, and by it why protection failed") {
    Recording recording;
    for (const Pid pid : {10, 11})
        recording.add(pid, "/" + std::to_string(pid)).protection.from_oomd = true;
    recording.recorder.oomd_killed("/10", "some\nthing", recording.now);
    recording.recorder.oomd_killed("/11", kSwap, recording.now);
    recording.end(10);
    recording.end(11);
    REQUIRE(recording.all_told().size() == 2);
    CHECK(recording.told[0].kill.situation == "some\\nthing; " + kNow);
    CHECK(recording.told[0].kill.why.starts_with("systemd-oomd was not told in time"));
    CHECK(recording.told[1].kill.why.starts_with("systemd-oomd went by the swap used"));
}

TEST_CASE("What ends by itself in a cgroup that is being killed was not killed") {
    Recording recording;
    for (const Pid pid : {10, 11, 12})
        recording.add(pid);
    recording.end(10, SIGTERM);
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    recording.end(11, SIGTERM);
    recording.end(12, 0);
    CHECK(recording.only_told().id.pid == 0);
}

TEST_CASE("What ended long before its cgroup was killed was killed by another") {
    Recording recording;
    recording.add_protected(10);
    recording.end(10);
    recording.pass(KillRecorder::kEndToCgroup);
    recording.add(11);
    recording.end(11);
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    REQUIRE(recording.told.size() == 1);
    CHECK(recording.told[0].kill.id.pid == 11);
    REQUIRE(recording.all_told().size() == 2);
    CHECK(recording.told[1].kill.killer == Killer::Unknown);
}

TEST_CASE("What was started after its cgroup was killed was killed by another") {
    Recording recording;
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    recording.add_protected(10).id.start_time = 100;
    recording.add(11).id.start_time = 99;
    recording.add(12).id.start_time = 0;
    for (const Pid pid : {10, 11, 12})
        recording.end(pid);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 3);
    CHECK(told[0].kill.id.pid == 11);
    CHECK(told[1].kill.id.pid == 12);
    CHECK(told[2].kill.killer == Killer::Unknown);
}

TEST_CASE("Of a cgroup that is killed again all that is left is of the new killing") {
    Recording recording;
    recording.add(10);
    recording.add(11);
    SECTION("and nothing was seen of the old one") {
        recording.recorder.oomd_killed("/job", kPressure, recording.now);
    }
    SECTION("and of the old one something was seen") {
        recording.recorder.oomd_killed("/job", kPressure, recording.now);
        recording.end(11);
        recording.told.clear();
    }
    recording.recorder.oomd_killed("/job", kSwap, recording.now);
    recording.end(10);
    const Kill kill = recording.only_told();
    CHECK(kill.id.pid == 10);
    CHECK(kill.situation == "memory and swap were used up; " + kNow);
}

TEST_CASE("What ends long after its cgroup was killed was killed by another") {
    Recording recording;
    recording.add_protected(10);
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    recording.pass(KillRecorder::kDyingOfPressure);
    recording.end(10);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kill.id.pid == 0);
    CHECK(told[1].kill.killer == Killer::Unknown);
}

TEST_CASE(
    "A kill that the kernel logs is the kernel's though systemd-oomd kills the cgroup as well") {
    Recording recording;
    recording.add(10);
    recording.add(11);
    recording.recorder.oomd_killed("/job", kPressure, recording.now);
    recording.kernel_kills(10);
    recording.end(10);
    recording.end(11);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kill.killer == Killer::SystemdOomd);
    CHECK(told[0].kill.id.pid == 11);
    CHECK(told[1].kill.killer == Killer::Kernel);
    CHECK(told[1].kill.id.pid == 10);
}

TEST_CASE(
    "A protected process that nobody says to have killed is told, after a while, as of its end") {
    Recording recording;
    recording.add_protected(10);
    Kill expected = killed_by_oomd(recording, 10);
    recording.end(10);
    CHECK(recording.recorder.next_due() == recording.now + KillRecorder::kWait);
    recording.pass(KillRecorder::kWait - milliseconds(1));
    CHECK(recording.told.empty());
    recording.pass(milliseconds(1));
    expected.rule = "keep";
    expected.score = -500;
    expected.killer = Killer::Unknown;
    expected.situation = "";
    expected.batch = recording.realtime();
    expected.why =
        "it was sent SIGKILL, against which nothing protects, by a person or a program: the kernel "
        "and the killers that are known here say nothing of it";
    CHECK(recording.only_told() == expected);
}

TEST_CASE("Ends that mean nothing are not told") {
    Recording recording;
    recording.add(10);
    recording.add_protected(11);
    recording.add_protected(12);
    recording.add_protected(13);
    recording.end(10, SIGKILL);
    recording.end(11, SIGTERM);
    recording.end(12, 0);
    recording.end(13, SIGSEGV);
    recording.end(14, SIGKILL);
    CHECK(recording.all_told().empty());
}

TEST_CASE(
    "Each of several protected processes that nobody says to have killed is told in its time") {
    Recording recording;
    for (Pid pid = 10; pid < 15; ++pid) {
        recording.add_protected(pid);
        recording.end(pid);
        recording.pass(seconds(1));
    }
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 5);
    for (std::size_t index = 0; index < told.size(); ++index) {
        CHECK(told[index].kill.id.pid == static_cast<Pid>(index + 10));
        CHECK(told[index].kill.usec == Recording::kRealtime + index * 1'000'000);
    }
}

TEST_CASE("Of more ends than can wait the oldest is told at once") {
    Recording recording;
    constexpr Pid kMost = KillRecorder::kMostEnds;
    for (Pid pid = 1; pid <= kMost + 3; ++pid) {
        recording.add_protected(pid);
        recording.end(pid);
    }
    REQUIRE(recording.told.size() == 3);
    CHECK(recording.told.back().kill.id.pid == 3);
    CHECK(recording.all_told().size() == KillRecorder::kMostEnds + 3);
}

TEST_CASE("Of more ends than can wait those go that are the least likely to be kills") {
    struct Case {
        int signal;
        bool is_protected;
    };
    // Each is driven out by those behind it only, however many they are.
    const std::vector<Case> cases = {
        {SIGKILL, true}, {SIGTERM, true}, {SIGKILL, false}, {0, false}};
    for (auto one = cases.begin(); one != cases.end(); ++one) {
        for (auto many = cases.begin(); many != cases.end(); ++many) {
            Recording recording;
            recording.recorder.set_all_ends_count(true);
            const auto end = [&](Pid pid, const Case& how) {
                if (how.is_protected)
                    recording.add_protected(pid);
                else
                    recording.add(pid);
                recording.end(pid, how.signal);
            };
            end(1, *one);
            constexpr Pid kMost = KillRecorder::kMostEnds;
            for (Pid pid = 2; pid <= kMost + 1; ++pid)
                end(pid, *many);
            recording.told.clear();
            recording.recorder.signal_sent(Killer::Earlyoom, 1, "hog", recording.now);
            CAPTURE(one->signal, one->is_protected, many->signal, many->is_protected);
            CHECK(recording.told.size() == (many > one ? 1 : 0));
        }
    }
}

}  // namespace oomguard::daemon
