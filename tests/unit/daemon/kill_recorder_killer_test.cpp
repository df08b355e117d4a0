// SPDX-License-Identifier: MIT
#include <string>

#include "recording.hpp"

// What other killers log.
namespace oomguard::daemon {
namespace {

void send(Recording& recording, Pid pid, const std::string& name = "hog") {
    recording.recorder.signal_sent(Killer::Earlyoom, pid, name, recording.now);
}

/// What is told of a process that earlyoom killed, and that could be looked up.
Kill killed_by_earlyoom(const Recording& recording, Pid pid) {
    return recording.killed(pid, Killer::Earlyoom);
}

}  // namespace

TEST_CASE("A process that was sent a signal is told when it ends, however it does") {
    for (const int signal : {SIGTERM, SIGKILL, 0}) {
        Recording recording;
        recording.add(10);
        send(recording, 10);
        recording.pass(milliseconds(9999));
        CHECK(recording.told.empty());
        recording.end(10, signal);
        const Kill expected = killed_by_earlyoom(recording, 10);
        CHECK(recording.only_told() == expected);
    }
}

TEST_CASE("A process that was sent a signal is told when it is gone, though its end was not seen") {
    Recording recording;
    recording.add(10);
    send(recording, 10);
    CHECK(recording.recorder.next_due() == recording.now + seconds(1));
    recording.pass(milliseconds(2500));
    recording.there.clear();
    recording.pass(milliseconds(500));
    const Kill expected = killed_by_earlyoom(recording, 10);
    CHECK(recording.only_told() == expected);
}

TEST_CASE("A process that was sent a signal is gone when another has its pid") {
    Recording recording;
    recording.add(10);
    send(recording, 10);
    recording.add(10).id.start_time = 100;
    CHECK(recording.only_told().id == ProcessId{10, 99});
}

TEST_CASE("A process that goes just before it would be left alone is told") {
    Recording recording;
    recording.add(10);
    send(recording, 10);
    // Looked at somewhat late each time, the last look is before a second has passed.
    for (int look = 0; look < 6; ++look) {
        recording.now += milliseconds(1600);
        recording.recorder.settle(recording.now);
    }
    recording.there.clear();
    CHECK(recording.only_told().id.pid == 10);
}

TEST_CASE("A process that survives its signal is not told, and its later end is not the killer's") {
    Recording recording;
    recording.add_protected(10);
    send(recording, 10);
    recording.pass(KillRecorder::kDying);
    CHECK_FALSE(recording.recorder.next_due());
    CHECK(recording.told.empty());
    recording.end(10);
    CHECK(recording.only_told().killer == Killer::Unknown);
}

TEST_CASE(
    "A process that ended before the killer's log could be read is told with what was known") {
    for (const int signal : {SIGTERM, SIGKILL}) {
        Recording recording;
        recording.add(10);
        recording.end(10, signal);
        recording.pass(milliseconds(2499));
        send(recording, 10);
        CHECK(recording.told.size() == 1);
        const Kill expected = killed_by_earlyoom(recording, 10);
        CHECK(recording.only_told() == expected);
    }
}

TEST_CASE("One that could not be looked up at its end is told with its pid and its name") {
    Recording recording;
    recording.end(10);
    send(recording, 10, "a\nb");
    Kill expected;
    expected.usec = expected.batch = recording.realtime();
    expected.id = {10, 0};
    expected.name = "a\\nb";
    expected.killer = Killer::Earlyoom;
    expected.situation = kNow;
    CHECK(recording.only_told() == expected);
}

TEST_CASE("A killer's line alone is not believed: what it logs has arguments of processes in it") {
    Recording recording;
    SECTION("It is gone, and was not seen to end") {
        send(recording, 10, "hog");
    }
    SECTION("It is only remembered") {
        recording.add_protected(10).is_there = false;
        send(recording, 10, "hog");
    }
    SECTION("Another has its pid") {
        recording.add_protected(10);
        send(recording, 10, "other");
    }
    CHECK(recording.all_told().empty());
}

TEST_CASE("The end of a process is not that of another, whatever a killer logs of its pid") {
    Recording recording;
    recording.add_protected(10);
    recording.end(10);
    send(recording, 10, "other");
    CHECK(recording.only_told().killer == Killer::Unknown);
}

TEST_CASE("What may be forged is believed only of who has ended by a signal") {
    Recording recording;
    recording.recorder.set_all_ends_count(true);
    const auto forge = [&](Pid pid) {
        recording.recorder.signal_sent(Killer::Nohang, pid, "hog", recording.now, true);
    };
    for (const Pid pid : {10, 11, 12, 13})
        recording.add(pid);
    recording.end(10, SIGTERM);
    recording.end(11, SIGKILL);
    recording.end(12, 0);
    for (const Pid pid : {10, 11, 12, 13, 14})
        forge(pid);
    recording.end(13, 0);
    recording.end(14, SIGKILL);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kill.id.pid == 10);
    CHECK(told[1].kill.id.pid == 11);
    CHECK(told[1].kill.killer == Killer::Nohang);
}

TEST_CASE("A killer's line may be read before the end of its process is told") {
    Recording recording;
    SECTION("of which nothing is known any more") {
        send(recording, 10, "hog");
        recording.pass(seconds(2));
        recording.end(10);
        CHECK(recording.only_told().name == "hog");
    }
    SECTION("which is remembered only") {
        recording.add(10).is_there = false;
        send(recording, 10, "hog");
        recording.end(10, SIGTERM);
        CHECK(recording.only_told() == killed_by_earlyoom(recording, 10));
    }
    SECTION("but not long before, and not that of another") {
        send(recording, 10, "hog");
        send(recording, 11, "hog");
        recording.pass(KillRecorder::kEndToCome);
        recording.end(10);
        send(recording, 12, "hog");
        recording.add(12).name = "other";
        recording.end(12);
        recording.end(13);
        CHECK(recording.all_told().empty());
    }
}

TEST_CASE("While killers run, one that was sent a signal may end as it likes") {
    Recording recording;
    recording.recorder.set_all_ends_count(true);
    recording.add(10);
    recording.end(10, 0);
    send(recording, 10);
    CHECK(recording.only_told().killer == Killer::Earlyoom);
}

TEST_CASE("Two signals to one process are one kill, whenever they are read") {
    Recording recording;
    SECTION("Both before its end") {
        recording.add(10);
        send(recording, 10);
        recording.pass(seconds(6));
        send(recording, 10);
        recording.pass(seconds(6));
        recording.end(10);
    }
    SECTION("Both after its end") {
        recording.add(10);
        recording.end(10);
        send(recording, 10);
        send(recording, 10);
    }
    SECTION("One before and one after its end") {
        recording.add(10);
        send(recording, 10);
        recording.end(10);
        send(recording, 10);
    }
    SECTION("While it is gone, but not seen to be") {
        recording.add(10);
        send(recording, 10);
        recording.there.clear();
        send(recording, 10);
    }
    SECTION("While it has ended, but is still to be seen") {
        recording.add(10);
        send(recording, 10);
        recording.recorder.ended(10, SIGTERM, recording.now);
        send(recording, 10);
    }
    CHECK(recording.only_told().killer == Killer::Earlyoom);
}

TEST_CASE("A process that was sent a signal and that the kernel killed is the kernel's only") {
    Recording recording;
    recording.add(10);
    SECTION("The signal came first") {
        send(recording, 10);
        recording.pass(seconds(1));
        recording.kernel_kills(10);
        recording.end(10);
    }
    SECTION("The signal came second") {
        recording.kernel_kills(10);
        send(recording, 10);
        recording.end(10);
    }
    SECTION("The killer's log was read when it was over") {
        recording.kernel_kills(10);
        recording.end(10);
        recording.pass(seconds(1));
        send(recording, 10);
    }
    CHECK(recording.only_told().killer == Killer::Kernel);
}

TEST_CASE("A pid that is used again by one that is seen is another process") {
    Recording recording;
    recording.add(10);
    send(recording, 10);
    recording.end(10);
    recording.add(10).id.start_time = 100;
    send(recording, 10);
    recording.end(10);
    const auto& told = recording.all_told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kill.id == ProcessId{10, 99});
    CHECK(told[1].kill.id == ProcessId{10, 100});
    CHECK(told[0].kill.batch != told[1].kill.batch);
}

TEST_CASE("Why another killer did not spare a protected process is told") {
    Recording recording;
    recording.add_protected(10);
    recording.recorder.signal_sent(Killer::Nohang, 10, "hog", recording.now);
    recording.end(10);
    const Kill kill = recording.only_told();
    CHECK(kill.killer == Killer::Nohang);
    CHECK(kill.rule == "keep");
    CHECK(kill.why ==
          "nohang spares only -1000 for certain: with -500 it was still the one with the most "
          "points");
}

}  // namespace oomguard::daemon
