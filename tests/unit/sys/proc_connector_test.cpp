// SPDX-License-Identifier: MIT
#include "sys/proc_connector.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/wait.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::Child;
using oomguard::test::fork_child;
using oomguard::test::run_in_child;
using oomguard::test::spawn;
using oomguard::test::wait_until;
using Kind = ProcEvent::Kind;

namespace {

constexpr std::chrono::seconds kAckDeadline{2};

/// A connector and all it has told so far.
struct Listener {
    explicit Listener(ProcConnector opened) : connector(std::move(opened)) {}

    ProcConnector connector;
    std::vector<ProcEvent> events;
    bool overrun = false;
    bool malformed = false;

    /// Reads until nothing waits.
    void drain() {
        bool more = true;
        while (more) {
            const Result<ProcConnector::ReadReport> report =
                connector.read([&](const ProcEvent& event) { events.push_back(event); });
            REQUIRE(report);
            overrun = overrun || report->overrun;
            malformed = malformed || report->malformed;
            more = report->more;
        }
    }

    [[nodiscard]] const ProcEvent* find(Kind kind, Pid pid) const {
        const auto at = std::find_if(events.begin(), events.end(), [&](const ProcEvent& event) {
            return event.kind == kind && event.pid == pid;
        });
        return at == events.end() ? nullptr : &*at;
    }

    bool wait_for(Kind kind, Pid pid,
                  std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
        return wait_until(
            connector.fd(),
            [&] {
                drain();
                return find(kind, pid) != nullptr;
            },
            deadline);
    }
};

/// A subscribed listener; none, with a warning, where the connector does not work.
std::optional<Listener> listen() {
    Result<ProcConnector> connector = ProcConnector::open();
    if (!connector) {
        WARN("skipped: " << connector.error().message());
        return std::nullopt;
    }
    Listener listener(*std::move(connector));
    const Result<void> subscribed = listener.connector.subscribe();
    if (!subscribed) {
        WARN("skipped: " << subscribed.error().message());
        return std::nullopt;
    }
    if (!listener.wait_for(Kind::Ack, 0, kAckDeadline)) {
        WARN("skipped: the kernel does not acknowledge, as outside the initial pid namespace");
        return std::nullopt;
    }
    if (const int error = listener.find(Kind::Ack, 0)->error; error != 0) {
        WARN("skipped: " << errno_error(error, "the subscription is refused").message());
        return std::nullopt;
    }
    return listener;
}

/// Sends bytes to a netlink socket as another process would.
bool send_as_stranger(const ProcConnector& connector) {
    sockaddr_nl address{};
    socklen_t size = sizeof(address);
    ::getsockname(connector.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    address.nl_groups = 0;
    const UniqueFd stranger(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR));
    const char bytes[] = "no message";
    return ::sendto(stranger.get(), bytes, sizeof(bytes), 0,
                    reinterpret_cast<const sockaddr*>(&address), sizeof(address)) > 0;
}

}  // namespace

TEST_CASE("The subscription is acknowledged once") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    listener->drain();
    CHECK(std::count_if(listener->events.begin(), listener->events.end(),
                        [](const ProcEvent& event) { return event.kind == Kind::Ack; }) == 1);
    CHECK_FALSE(listener->malformed);
}

TEST_CASE("The start, the program and the end of a process are told with its pid") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    Child child = spawn({"true"});
    const Pid pid = child.pid();
    CHECK(child.wait() == 0);
    REQUIRE(listener->wait_for(Kind::Exit, pid));
    REQUIRE(listener->find(Kind::Fork, pid) != nullptr);
    CHECK(listener->find(Kind::Fork, pid)->parent_pid == ::getpid());
    CHECK(listener->find(Kind::Exec, pid) != nullptr);
    CHECK_FALSE(listener->malformed);
    CHECK_FALSE(listener->overrun);
}

TEST_CASE("A process that renames itself or changes its user is told") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    const Child child = fork_child([] {
        ::prctl(PR_SET_NAME, "renamed");
        if (::setgid(::getgid()) != 0 || ::setuid(::getuid()) != 0)
            throw std::runtime_error("cannot set the own user");
    });
    CHECK(listener->wait_for(Kind::Fork, child.pid()));
    CHECK(listener->wait_for(Kind::Comm, child.pid()));
}

TEST_CASE("The numbers of a cpu's events follow each other") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    listener->drain();
    listener->events.clear();
    for (int i = 0; i < 50; ++i)
        run_in_child([] { return 0; });
    Child last = spawn({"true"});
    const Pid pid = last.pid();
    last.reap();
    REQUIRE(listener->wait_for(Kind::Exit, pid));
    if (listener->overrun) {
        WARN("skipped: an overrun in spite of " << listener->connector.receive_buffer());
        return;
    }
    std::vector<ProcEvent> last_of_cpu;
    for (const ProcEvent& event : listener->events) {
        const auto before =
            std::find_if(last_of_cpu.begin(), last_of_cpu.end(),
                         [&](const ProcEvent& other) { return other.cpu == event.cpu; });
        if (before == last_of_cpu.end()) {
            last_of_cpu.push_back(event);
            continue;
        }
        CHECK(event.sequence == before->sequence + 1);
        *before = event;
    }
    CHECK_FALSE(last_of_cpu.empty());
}

TEST_CASE("More events than the receive buffer holds are an overrun") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    const auto set_receive_buffer = [&](int size) {
        return ::setsockopt(listener->connector.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    };
    REQUIRE(set_receive_buffer(1) == 0);
    for (int i = 0; i < 30; ++i)
        run_in_child([] { return 0; });
    listener->drain();
    CHECK(listener->overrun);

    // Once all is read, it goes on.
    REQUIRE(set_receive_buffer(100000) == 0);
    listener->drain();
    Child child = spawn({"true"});
    const Pid pid = child.pid();
    CHECK(listener->wait_for(Kind::Fork, pid));
}

TEST_CASE("A reader is given back control before a flood ends") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    // The start and the end of each thread is an event.
    for (int i = 0; i < 400; ++i)
        std::thread([] {}).join();
    std::size_t count = 0;
    const Result<ProcConnector::ReadReport> report =
        listener->connector.read([&](const ProcEvent&) { ++count; });
    REQUIRE(report);
    CHECK((report->more || report->overrun));
    CHECK(count <= 512);
}

TEST_CASE("What other processes send is passed over") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    listener->drain();
    if (!send_as_stranger(listener->connector)) {
        WARN("skipped: the kernel lets nobody send here");
        return;
    }
    Child child = spawn({"true"});
    const Pid pid = child.pid();
    CHECK(listener->wait_for(Kind::Fork, pid));
    CHECK_FALSE(listener->malformed);
}

TEST_CASE("The answers to other subscribers come as events without meaning") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    listener->drain();
    listener->events.clear();
    std::optional<Listener> other = listen();
    REQUIRE(other);
    Child child = spawn({"true"});
    const Pid pid = child.pid();
    REQUIRE(listener->wait_for(Kind::Fork, pid));
    CHECK(listener->find(Kind::Ack, 0) == nullptr);
}

TEST_CASE("A second subscription is acknowledged again and events go on") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    listener->events.clear();
    REQUIRE(listener->connector.subscribe());
    CHECK(listener->wait_for(Kind::Ack, 0));
    Child child = spawn({"true"});
    const Pid pid = child.pid();
    CHECK(listener->wait_for(Kind::Fork, pid));
}

TEST_CASE("Without news nothing is read, and reading does not wait") {
    Result<ProcConnector> connector = ProcConnector::open();
    if (!connector) {
        WARN("skipped: " << connector.error().message());
        return;
    }
    CHECK((::fcntl(connector->fd(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(connector->receive_buffer() > 0);
    CHECK(connector->read([](const ProcEvent&) {}));
}

TEST_CASE("A moved connector still listens, and the one moved from is empty") {
    std::optional<Listener> listener = listen();
    if (!listener)
        return;
    ProcConnector moved = std::move(listener->connector);
    CHECK(listener->connector.fd() == -1);
    listener->connector = std::move(moved);
    Child child = spawn({"true"});
    const Pid pid = child.pid();
    CHECK(listener->wait_for(Kind::Fork, pid));
}
