// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include <systemd/sd-bus.h>

namespace oomguard::test {

/// Tells on a bus what systemd-oomd would tell, which kills only where memory is really short.
class OomdStandIn {
  public:
    enum class Name { Owned, NotOwned };

    explicit OomdStandIn(const std::string& address, Name name = Name::Owned);

    /// The signal Killed, to all or to the owner of one name. It is on its way on return.
    void tell_killed(const std::string& cgroup, const std::string& reason,
                     const char* destination = nullptr);

  private:
    struct Close {
        void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
    };

    std::unique_ptr<sd_bus, Close> bus_;
};

}  // namespace oomguard::test
