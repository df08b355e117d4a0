// SPDX-License-Identifier: MIT
#include "support/systemd_stand_in.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "support/stand_in.hpp"

namespace oomguard::test {
namespace {

int tell_version(sd_bus* /*bus*/, const char* /*path*/, const char* /*interface*/,
                 const char* /*property*/, sd_bus_message* reply, void* userdata,
                 sd_bus_error* /*error*/) {
    return sd_bus_message_append(reply, "s", static_cast<const char*>(userdata));
}

/// Does not return while the bus is there. A byte goes to `ready` when it has the name.
int serve(const std::string& address, std::string version, int ready) {
    static const std::array<sd_bus_vtable, 3> kVtable = {{
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", tell_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END,
    }};
    sd_bus* const bus =
        serve_as(address, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                 "org.freedesktop.systemd1.Manager", kVtable.data(), version.data());
    if (::write(ready, "", 1) != 1)
        return 1;
    while (sd_bus_process(bus, nullptr) >= 0 && sd_bus_wait(bus, UINT64_MAX) >= 0)
        continue;
    return 0;
}

Child start(const std::string& address, const std::string& version) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    Child child = detail::fork_running([&] { return serve(address, version, ends[1]); });
    ::close(ends[1]);
    char ready = 0;
    const bool is_ready = ::read(ends[0], &ready, 1) == 1;
    ::close(ends[0]);
    if (!is_ready)
        throw std::runtime_error("the stand-in for systemd ended before it was ready");
    return child;
}

}  // namespace

SystemdStandIn::SystemdStandIn(const std::string& address, const std::string& version)
    : process_(start(address, version)) {}

}  // namespace oomguard::test
