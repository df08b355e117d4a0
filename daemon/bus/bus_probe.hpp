// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <systemd/sd-bus.h>

namespace oomguard::daemon {

/// Tries whether a bus answers, without waiting for it: sdbus-c++ waits for ever for the answer to
/// its first call. Nor must it be the one to find out that an address leads nowhere: it leaks its
/// sd_bus then (1.2 does).
class BusProbe {
  public:
    /// Begins to connect; `where` as of BusLink. Throws sdbus::Error if it cannot be connected to.
    explicit BusProbe(const std::string& where);

    /// Takes in what has come. True once the bus has answered. Throws sdbus::Error if it refuses.
    [[nodiscard]] bool has_answered();
    /// Waits at most so long for the answer.
    [[nodiscard]] bool wait(std::chrono::milliseconds longest);

    /// What to wait for before has_answered() is asked again.
    [[nodiscard]] int fd() const;
    [[nodiscard]] std::uint32_t events() const;

  private:
    struct Close {
        void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    };

    std::unique_ptr<sd_bus, Close> bus_;
};

/// The address as it is when the bus comes back: the guid in it names one life of a bus.
[[nodiscard]] std::string without_guid(std::string address);

}  // namespace oomguard::daemon
