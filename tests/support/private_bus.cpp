// SPDX-License-Identifier: MIT
#include "support/private_bus.hpp"

#include "support/launch.hpp"
#include "support/wait.hpp"

namespace oomguard::test {
namespace {

// The session type, so that every user may own names; the daemon's own policy is not tested here.
std::string configuration(const std::string& address) {
    return R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <auth>EXTERNAL</auth>
  <listen>)" +
           address + R"(</listen>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
)";
}

}  // namespace

PrivateBus::PrivateBus() : address_("unix:path=" + tree_.path("socket")) {
    tree_.write("bus.conf", configuration(address_));
    // Others than the test's own user must reach the socket.
    std::filesystem::permissions(tree_.path(), std::filesystem::perms(0755));
    start();
}

void PrivateBus::start() {
    stop();
    const Pipe address = make_pipe();
    // It complains of what it may not do in a container.
    const sys::UniqueFd log(
        ::open(tree_.path("log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    process_.emplace(
        launch({.arguments = {DBUS_DAEMON, "--config-file=" + tree_.path("bus.conf"), "--nofork",
                              "--nopidfile", "--print-address=3"},
                .descriptors = {{address.write_end.get(), 3}, {log.get(), STDERR_FILENO}}}));
    // It tells its address once it listens.
    char byte = 0;
    const bool listens = wait_until(address.read_end.get(), [&, told = false]() mutable {
        return std::exchange(told, true) && ::read(address.read_end.get(), &byte, 1) == 1;
    });
    if (!listens)
        throw std::runtime_error("dbus-daemon does not start");
}

void PrivateBus::stop() {
    process_.reset();
    tree_.remove("socket");
}

}  // namespace oomguard::test
