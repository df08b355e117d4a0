// SPDX-License-Identifier: MIT
#include "daemon/bus/bus_probe.hpp"

#include <sys/epoll.h>
#include <sys/poll.h>

#include "daemon/bus/sdbus_compat.hpp"
#include "daemon/holding.hpp"

namespace oomguard::daemon {
namespace {

int must_do(int result) {
    if (result < 0)
        throw sdbus::createError(-result, "Failed to open bus");
    return result;
}

}  // namespace

std::string without_guid(std::string address) {
    const std::size_t start = address.find(",guid=");
    if (start != std::string::npos)
        address.erase(start, address.find_first_of(",;", start + 1) - start);
    return address;
}

BusProbe::BusProbe(const std::string& where) {
    sd_bus* bus = nullptr;
    if (where == "system") {
        must_do(sd_bus_open_system(&bus));
        bus_.reset(bus);
        return;
    }
    if (where == "session") {
        must_do(sd_bus_open_user(&bus));
        bus_.reset(bus);
        return;
    }
    must_do(sd_bus_new(&bus));
    bus_.reset(bus);
    must_do(sd_bus_set_address(bus, without_guid(where).c_str()));
    must_do(sd_bus_set_bus_client(bus, 1));
    must_do(sd_bus_start(bus));
}

bool BusProbe::has_answered() {
    while (must_do(sd_bus_process(bus_.get(), nullptr)) > 0 && sd_bus_is_ready(bus_.get()) == 0)
        continue;
    return must_do(sd_bus_is_ready(bus_.get())) > 0;
}

bool BusProbe::wait(std::chrono::milliseconds longest) {
    const Time end = Clock::now() + longest;
    while (!has_answered()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        pollfd polled{fd(), static_cast<short>(must_do(sd_bus_get_events(bus_.get()))), 0};
        if (left.count() <= 0 || ::poll(&polled, 1, static_cast<int>(left.count())) == 0)
            return false;
    }
    return true;
}

int BusProbe::fd() const {
    return must_do(sd_bus_get_fd(bus_.get()));
}

std::uint32_t BusProbe::events() const {
    const int wanted = must_do(sd_bus_get_events(bus_.get()));
    return ((wanted & POLLIN) != 0 ? std::uint32_t{EPOLLIN} : 0) |
           ((wanted & POLLOUT) != 0 ? std::uint32_t{EPOLLOUT} : 0);
}

}  // namespace oomguard::daemon
