// SPDX-License-Identifier: MIT
#include "sys/proc_alarm.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/wait.hpp"
#include "sys/proc_connector.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using namespace oomguard::test;
using Kind = ProcEvent::Kind;
using Kinds = std::set<Kind>;

namespace {

constexpr std::chrono::seconds kDeadline{10};

/// The alarm, and the connector without whose subscription the kernel may tell nobody anything.
struct Alarmed {
    ProcAlarm alarm;
    ProcConnector connector;
    std::vector<ProcEvent> events;

    bool wait_for(Kind kind, Pid pid) {
        const auto has_come = [&] {
            REQUIRE(connector.read([&](const ProcEvent& event) { events.push_back(event); }));
            return std::any_of(events.begin(), events.end(), [&](const ProcEvent& event) {
                return event.kind == kind && event.pid == pid;
            });
        };
        return wait_until(connector.fd(), has_come, kDeadline);
    }

    [[nodiscard]] bool rings() const {
        pollfd waiting{alarm.fd(), POLLIN, 0};
        return ::poll(&waiting, 1, 0) == 1;
    }

    void give_the_alarm_room_for(int bytes) const {
        REQUIRE(::setsockopt(alarm.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) == 0);
    }

    /// For what a child made it ring, from its fork to its end by the signal.
    Kinds rung_by(Child child, int signal = SIGUSR1) {
        const Pid pid = child.pid();
        REQUIRE(::kill(pid, signal) == 0);
        child.wait();
        REQUIRE(wait_for(Kind::Exit, pid));
        Kinds kinds;
        std::array<std::byte, 256> datagram{};
        ssize_t size = 0;
        while ((size = ::recv(alarm.fd(), datagram.data(), datagram.size(), 0)) > 0) {
            const auto bytes = std::span(datagram).first(static_cast<std::size_t>(size));
            REQUIRE(parse_proc_events(bytes, [&](const ProcEvent& event) {
                if (event.pid == pid)
                    kinds.insert(event.kind);
            }));
        }
        return kinds;
    }
};

std::optional<Alarmed> listen() {
    auto alarm = ProcAlarm::open();
    auto connector = ProcConnector::open();
    if (!alarm || !connector || !connector->subscribe()) {
        WARN("skipped: no proc connector here");
        return std::nullopt;
    }
    Alarmed alarmed{*std::move(alarm), *std::move(connector), {}};
    if (!alarmed.wait_for(Kind::Ack, 0)) {
        WARN("skipped: the proc connector does not acknowledge here");
        return std::nullopt;
    }
    return alarmed;
}

void rename_self() {
    ::prctl(PR_SET_NAME, "renamed");
}

/// So that a signal ends it, whatever the test's program does about it.
void let_signals_end_it() {
    for (const int signal : {SIGTERM, SIGUSR1, SIGABRT, SIGINT})
        (void)std::signal(signal, SIG_DFL);
}

void start_a_thread() {
    std::thread([] {
        for (;;)
            ::pause();
    }).detach();
}

void rename_a_thread() {
    std::thread(rename_self).join();
}

constexpr Uid kOther = 54321;

void change_user() {
    if (::setresuid(kOther, kOther, kOther) != 0)
        throw std::runtime_error("cannot change user");
}

void change_group() {
    if (::setresgid(kOther, kOther, kOther) != 0)
        throw std::runtime_error("cannot change group");
}

}  // namespace

TEST_CASE("The alarm rings for exec, a new name and a new user, not for fork, exit and threads") {
    auto alarmed = listen();
    if (!alarmed)
        return;
    CHECK(alarmed->rung_by(fork_child([] {})).empty());
    CHECK(alarmed->rung_by(spawn({"true"})) == Kinds{Kind::Exec});
    CHECK(alarmed->rung_by(fork_child(rename_self)) == Kinds{Kind::Comm});
    CHECK(alarmed->rung_by(fork_child(rename_a_thread)).empty());
    if (::geteuid() != 0) {
        WARN("skipped, changes of user and group: only root can make them");
        return;
    }
    CHECK(alarmed->rung_by(fork_child(change_user)) == Kinds{Kind::Uid});
    CHECK(alarmed->rung_by(fork_child(change_group)) == Kinds{Kind::Uid});
}

TEST_CASE("The alarm rings for an end by SIGKILL or SIGTERM, not for another") {
    auto alarmed = listen();
    if (!alarmed)
        return;
    for (const int signal : {SIGKILL, SIGTERM})
        CHECK(alarmed->rung_by(fork_child(let_signals_end_it), signal) == Kinds{Kind::Exit});
    for (const int signal : {SIGUSR1, SIGABRT, SIGINT})
        CHECK(alarmed->rung_by(fork_child(let_signals_end_it), signal).empty());
    // The code of an exit is not that of a signal. The signal 0 is none.
    for (const int code : {0, SIGTERM, SIGKILL}) {
        Child child = detail::fork_running([code] { return code; });
        CHECK(alarmed->rung_by(std::move(child), 0).empty());
    }
}

TEST_CASE("Of a killed process only the leader of its threads makes the alarm ring") {
    auto alarmed = listen();
    if (!alarmed)
        return;
    CHECK(alarmed->rung_by(fork_child(start_a_thread), SIGKILL) == Kinds{Kind::Exit});
}

TEST_CASE("When the alarm rings the event can be read from a connector that was opened later") {
    auto alarmed = listen();
    if (!alarmed)
        return;
    for (int index = 0; index < 100; ++index) {
        REQUIRE(alarmed->connector.read([](const ProcEvent& /*event*/) {}));
        alarmed->alarm.reset();
        const auto child = fork_child(rename_self);
        REQUIRE(wait_until(
            alarmed->alarm.fd(), [&] { return alarmed->rings(); }, kDeadline));
        bool is_there = false;
        REQUIRE(alarmed->connector.read([&](const ProcEvent& event) {
            is_there = is_there || event.kind == Kind::Comm || event.kind == Kind::Exec ||
                       event.kind == Kind::Uid;
        }));
        REQUIRE(is_there);
    }
}

TEST_CASE("An alarm that overflowed while nobody looked rings, and rings again once reset") {
    auto alarmed = listen();
    if (!alarmed)
        return;
    alarmed->give_the_alarm_room_for(1);
    for (int index = 0; index < 200; ++index)
        run_in_child([] {
            rename_self();
            return 0;
        });
    CHECK(alarmed->rings());
    // Room again: other processes ring too, and may fill the least that the kernel allows.
    alarmed->give_the_alarm_room_for(1 << 17);
    alarmed->alarm.reset();
    CHECK(alarmed->rung_by(fork_child(rename_self)) == Kinds{Kind::Comm});
}
