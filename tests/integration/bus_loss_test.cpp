// SPDX-License-Identifier: MIT
#include <cstdlib>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bus.hpp"
#include "support/catch.hpp"

// The bus goes and comes, or is not there: the daemon guards all the same.
namespace oomguard::test {
namespace {

constexpr const char* kNoBus = "no connection to the bus";

/// True once the daemon answers on the bus under its name.
bool is_on_bus(const std::string& address) {
    return eventually([&] {
        try {
            ManagerClient client(address);
            return client->Generation() > 0;
        } catch (const sdbus::Error&) {
            return false;
        }
    });
}

struct Guarded {
    Programs programs;
    std::string name = programs.unique_name();
    GuardDaemon daemon;

    Guarded() { daemon.write_rules("10-test.yaml", rule_text("keep", name, "345")); }

    /// A process that starts now is held.
    bool guards() {
        Subject subject = programs.start(name);
        return comes_to(subject.pid(), 345);
    }
};

}  // namespace

TEST_CASE("the bus is killed and comes back: the daemon guards on, and is back under its name") {
    Guarded t;
    t.daemon.start();
    Subject before = t.programs.start(t.name);
    REQUIRE(comes_to(before.pid(), 345));
    for (int round = 0; round < 2; ++round) {
        t.daemon.bus().stop();
        CHECK(t.daemon.wait_for_status(kNoBus));
        Subject meanwhile = t.programs.start(t.name);
        CHECK(comes_to(meanwhile.pid(), 345));
        t.daemon.bus().start();
        REQUIRE(is_on_bus(t.daemon.bus().address()));
        t.daemon.connect();
        CHECK(t.daemon.client().process(before.pid()));
        CHECK(t.daemon.client().process(meanwhile.pid())->current == 345);
        Subject after = t.programs.start(t.name);
        CHECK(t.daemon.client().wait_for("ProcessHeld", after.pid()));
        CHECK(eventually(
            [&] { return t.daemon.notifications().status().find(kNoBus) == std::string::npos; }));
    }
    // Told when it went and when it was back, and nothing unexpected in between.
    CHECK(t.daemon.logged(kNoBus).size() == 2);
    CHECK(t.daemon.logged("unexpected").empty());
}

TEST_CASE("the status tells that the bus went and came, though nothing else happens") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const auto tells = [&] {
        return daemon.notifications().status().find(kNoBus) != std::string::npos;
    };
    for (int round = 0; round < 2; ++round) {
        daemon.bus().stop();
        CHECK(eventually([&] { return tells(); }));
        daemon.bus().start();
        CHECK(eventually([&] { return !tells(); }));
    }
}

TEST_CASE("a daemon that starts before the bus guards, and is on it once it is there") {
    Guarded t;
    PrivateBus later;
    later.stop();
    t.daemon.bus_argument = later.address();
    t.daemon.start();
    CHECK(t.daemon.wait_for_status(kNoBus));
    CHECK(t.guards());
    later.start();
    CHECK(is_on_bus(later.address()));
    CHECK(t.guards());
}

TEST_CASE("the session and the system bus are found where their variables say") {
    GuardDaemon daemon;
    for (const auto& [bus, variable] : std::vector<std::pair<std::string, std::string>>{
             {"session", "DBUS_SESSION_BUS_ADDRESS"}, {"system", "DBUS_SYSTEM_BUS_ADDRESS"}}) {
        ::setenv(variable.c_str(), daemon.bus().address().c_str(), 1);
        daemon.bus_argument = bus;
        daemon.start();
        CHECK(daemon.client()->Generation() == 1);
        CHECK(daemon.stop() == 0);
        ::unsetenv(variable.c_str());
    }
}

TEST_CASE("a daemon without a bus guards and says nothing of one") {
    Guarded t;
    t.daemon.bus_argument = "none";
    t.daemon.start();
    CHECK(t.guards());
    CHECK(failure_of([&] {
              return t.daemon.client()->Generation();
          }).starts_with("org.freedesktop.DBus.Error.ServiceUnknown: "));
    CHECK(t.daemon.notifications().status().find(kNoBus) == std::string::npos);
    CHECK(t.daemon.logged("bus").empty());
}

TEST_CASE("a bus that accepts and never answers holds nothing up, and is told") {
    Guarded t;
    const TempTree tree;
    const std::string path = tree.path("socket");
    const sys::UniqueFd silent(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    REQUIRE(::bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
            0);
    REQUIRE(::listen(silent.get(), 16) == 0);
    t.daemon.bus_argument = "unix:path=" + path;
    t.daemon.start();
    CHECK(t.daemon.notifications().status().find(std::string(kNoBus) +
                                                 ": it takes connections and does not answer") !=
          std::string::npos);
    CHECK(t.guards());
    // The first attempt was at the start; the guard goes on with another one under way.
    pollfd waiting{silent.get(), POLLIN, 0};
    for (int attempt = 0; attempt < 2; ++attempt) {
        REQUIRE(::poll(&waiting, 1, 20'000) == 1);
        const sys::UniqueFd connection(::accept4(silent.get(), nullptr, nullptr, SOCK_CLOEXEC));
        CHECK(t.guards());
    }
}

TEST_CASE("an address that is none is told, and the daemon guards on") {
    Guarded t;
    t.daemon.bus_argument = "nonsense";
    t.daemon.start();
    CHECK(t.daemon.wait_for_status(kNoBus));
    CHECK(t.guards());
}

TEST_CASE("a second daemon tells that the name is taken, guards on, and takes it when it is free") {
    Guarded first;
    first.daemon.start();
    Guarded second;
    second.daemon.bus_argument = first.daemon.bus().address();
    second.daemon.start();
    CHECK(second.daemon.wait_for_status(kNoBus));
    REQUIRE_FALSE(second.daemon.logged(kNoBus).empty());
    CHECK(second.daemon.logged(kNoBus)[0].find("exists") != std::string::npos);
    CHECK(second.guards());
    CHECK(first.guards());
    // The first is still the one on the bus.
    CHECK(first.daemon.client().rules()[0].origin.starts_with(first.daemon.rules_path()));
    CHECK(first.daemon.stop() == 0);
    CHECK(is_on_bus(first.daemon.bus().address()));
    ManagerClient client(first.daemon.bus().address());
    CHECK(client.rules()[0].origin.starts_with(second.daemon.rules_path()));
}

}  // namespace oomguard::test
