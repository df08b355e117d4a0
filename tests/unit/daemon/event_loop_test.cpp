// SPDX-License-Identifier: MIT
#include "daemon/event_loop.hpp"

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/child.hpp"

namespace oomguard::daemon {
namespace {

using std::chrono::milliseconds;

/// A loop that notes what escapes from its handlers, and ends by itself if a test forgets to.
struct Looping {
    std::vector<std::string> errors;
    EventLoop loop{[this](const char* what) { errors.emplace_back(what); }};
    EventLoop::Source deadline = loop.add_timer([this] { loop.exit(99); });

    Looping() { deadline.arm_in(std::chrono::seconds(10)); }
};

/// A pipe whose ends are closed with it.
struct Pipe {
    int ends[2] = {-1, -1};

    Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }

    void put() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
    void take() const {
        char byte = 0;
        (void)!::read(ends[0], &byte, 1);
    }
};

}  // namespace

TEST_CASE("The loop runs until it is told to exit, with the code given") {
    Looping t;
    auto timer = t.loop.add_timer([&] { t.loop.exit(7); });
    timer.arm_in({});
    CHECK(t.loop.run() == 7);
    CHECK(t.errors.empty());
}

TEST_CASE("An exception in a handler is given to the error handler, and the loop goes on") {
    Looping t;
    const Pipe pipe;
    int calls = 0;
    auto io = t.loop.add_io(pipe.ends[0], EPOLLIN, [&] {
        ++calls;
        if (calls == 1)
            throw std::runtime_error("first");
        if (calls == 2)
            throw 42;
        t.loop.exit(0);
    });
    pipe.put();
    CHECK(t.loop.run() == 0);
    CHECK(calls == 3);
    CHECK(t.errors == std::vector<std::string>{"first", "an unknown exception"});
}

TEST_CASE("An exception before a wait is given to the error handler too") {
    Looping t;
    const Pipe pipe;
    int prepared = 0;
    auto io = t.loop.add_io(pipe.ends[0], EPOLLIN, [&] { t.loop.exit(0); });
    io.set_prepare([&] {
        ++prepared;
        throw std::runtime_error("prepare");
    });
    pipe.put();
    CHECK(t.loop.run() == 0);
    CHECK(prepared > 0);
    CHECK(t.errors == std::vector<std::string>(static_cast<std::size_t>(prepared), "prepare"));
}

TEST_CASE("A timer runs once for each time it is armed, and not before its time") {
    Looping t;
    int rings = 0;
    std::optional<Time> rung;
    auto timer = t.loop.add_timer([&] {
        ++rings;
        rung = Clock::now();
    });
    auto end = t.loop.add_timer([&] { t.loop.exit(0); });
    const Time when = Clock::now() + milliseconds(20);
    timer.arm_at(when);
    end.arm_in(milliseconds(60));
    CHECK(t.loop.run() == 0);
    CHECK(rings == 1);
    REQUIRE(rung);
    CHECK(*rung >= when);
}

TEST_CASE("A timer that is not armed, or disarmed again, does not run") {
    Looping t;
    auto never = t.loop.add_timer([&] { t.loop.exit(1); });
    auto disarmed = t.loop.add_timer([&] { t.loop.exit(2); });
    disarmed.arm_in(milliseconds(5));
    disarmed.disarm();
    auto end = t.loop.add_timer([&] { t.loop.exit(0); });
    end.arm_in(milliseconds(30));
    CHECK(t.loop.run() == 0);
}

TEST_CASE("A timer may arm itself again, and a time in the past is now, also one before the boot") {
    Looping t;
    int rings = 0;
    EventLoop::Source timer;
    timer = t.loop.add_timer([&] {
        if (++rings == 5)
            t.loop.exit(0);
        else
            timer.arm_at(rings == 2 ? Time::min() : Clock::now() - std::chrono::milliseconds(1));
    });
    timer.arm_in({});
    CHECK(t.loop.run() == 0);
    CHECK(rings == 5);
}

TEST_CASE("A source that is destroyed is silent, also when its event waits already") {
    Looping t;
    const Pipe pipe;
    const Pipe other;
    std::optional<EventLoop::Source> first;
    std::optional<EventLoop::Source> second;
    int calls = 0;
    // Whichever of the two comes first destroys the other.
    first = t.loop.add_io(pipe.ends[0], EPOLLIN, [&] {
        ++calls;
        second.reset();
        pipe.take();
    });
    second = t.loop.add_io(other.ends[0], EPOLLIN, [&] {
        ++calls;
        first.reset();
        other.take();
    });
    pipe.put();
    other.put();
    auto end = t.loop.add_timer([&] { t.loop.exit(0); });
    end.arm_in(milliseconds(20));
    CHECK(t.loop.run() == 0);
    CHECK(calls == 1);
}

TEST_CASE("A moved source goes on, and one that is assigned over is silent") {
    Looping t;
    auto timer = t.loop.add_timer([&] { t.loop.exit(1); });
    timer.arm_in({});
    timer = t.loop.add_timer([&] { t.loop.exit(2); });
    CHECK(timer);
    auto moved = std::move(timer);
    moved.arm_in(milliseconds(5));
    CHECK(t.loop.run() == 2);
    moved = {};
    CHECK_FALSE(moved);
}

TEST_CASE("A descriptor can be waited for with other events, or with none") {
    Looping t;
    const Pipe pipe;
    auto io = t.loop.add_io(pipe.ends[1], EPOLLOUT, [&] { t.loop.exit(1); });
    io.set_events(0);
    auto timer = t.loop.add_timer([&] { io.set_events(EPOLLOUT); });
    timer.arm_in(milliseconds(5));
    CHECK(t.loop.run() == 1);
}

TEST_CASE("A signal runs its handler in the loop") {
    CHECK(test::run_in_child([] {
              std::vector<std::string> errors;
              EventLoop loop([&](const char* what) { errors.emplace_back(what); });
              auto signal = loop.add_signal(SIGHUP, [&] { loop.exit(3); });
              auto timer = loop.add_timer([] { ::kill(::getpid(), SIGHUP); });
              timer.arm_in({});
              return loop.run();
          }) == 3);
}

TEST_CASE("What cannot be waited for is a system error that says so") {
    Looping t;
    try {
        (void)t.loop.add_io(-1, EPOLLIN, [] {});
        FAIL("a descriptor that is none was added");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::bad_file_descriptor);
        CHECK(std::string(error.what()).find("sd_event_add_io") != std::string::npos);
    }
}

}  // namespace oomguard::daemon
