// SPDX-License-Identifier: MIT
#include "support/oomd_stand_in.hpp"

#include <system_error>

namespace oomguard::test {
namespace {

void check(int result) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), "a stand-in for systemd-oomd");
}

}  // namespace

OomdStandIn::OomdStandIn(const std::string& address, Name name) {
    sd_bus* bus = nullptr;
    check(sd_bus_new(&bus));
    bus_.reset(bus);
    check(sd_bus_set_address(bus, address.c_str()));
    check(sd_bus_set_bus_client(bus, 1));
    check(sd_bus_start(bus));
    if (name == Name::Owned)
        check(sd_bus_request_name(bus, "org.freedesktop.oom1", 0));
}

void OomdStandIn::tell_killed(const std::string& cgroup, const std::string& reason,
                              const char* destination) {
    sd_bus_message* message = nullptr;
    check(sd_bus_message_new_signal(bus_.get(), &message, "/org/freedesktop/oom1",
                                    "org.freedesktop.oom1.Manager", "Killed"));
    const std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)> owner(
        message, sd_bus_message_unref);
    check(sd_bus_message_append(message, "ss", cgroup.c_str(), reason.c_str()));
    if (destination != nullptr)
        check(sd_bus_message_set_destination(message, destination));
    check(sd_bus_send(bus_.get(), message, nullptr));
    check(sd_bus_flush(bus_.get()));
}

}  // namespace oomguard::test
