// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <system_error>

#include <systemd/sd-bus.h>

namespace oomguard::test {

/// The result; throws if it is a negative errno.
inline int checked_bus(int result) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), "a stand-in on the bus");
    return result;
}

/// A connection that has the name and the object of a service. It is the caller's, and ends with
/// its process.
inline sd_bus* serve_as(const std::string& address, const char* name, const char* path,
                        const char* interface, const sd_bus_vtable* vtable, void* userdata) {
    sd_bus* bus = nullptr;
    checked_bus(sd_bus_new(&bus));
    checked_bus(sd_bus_set_address(bus, address.c_str()));
    checked_bus(sd_bus_set_bus_client(bus, 1));
    checked_bus(sd_bus_start(bus));
    checked_bus(sd_bus_add_object_vtable(bus, nullptr, path, interface, vtable, userdata));
    checked_bus(sd_bus_request_name(bus, name, 0));
    return bus;
}

}  // namespace oomguard::test
