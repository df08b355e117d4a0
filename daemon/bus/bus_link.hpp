// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "daemon/bus/bus_probe.hpp"
#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/sdbus_compat.hpp"
#include "daemon/control.hpp"
#include "daemon/event_loop.hpp"

namespace oomguard::daemon {

/// The daemon's place on a bus: takes the name, and when the bus goes away comes back once it
/// returns. The daemon guards on meanwhile.
class BusLink {
  public:
    /// `where`: "system", "session", a D-Bus address, or "none". Everything must outlive this.
    BusLink(EventLoop& loop, Control& control, std::string where);

    /// Connects, now or later. A bus that does not answer holds this up for 2 s.
    void start();

    /// The loop has ended or is about to: a connection that is lost from now on is not sought
    /// again.
    void stop();

    /// Why there is no connection; empty if there is one or none is wanted.
    [[nodiscard]] const std::string& failure() const { return failure_; }

    /// Runs `use` with the object if there is a connection.
    void with_object(const std::function<void(ManagerObject&)>& use);

  private:
    void connect();
    void probe();
    void look_at_probe();
    void open();
    void attach();
    void ask_systemd_version();
    void listen_to_oomd();
    void oomd_killed(const std::string& cgroup, const std::string& reason);
    void process();
    void prepare();
    void lose(const std::string& why);

    EventLoop& loop_;
    Control& control_;
    std::string where_;
    std::string failure_;
    ManagerObject::Limits limits_;
    std::unique_ptr<BusProbe> probe_;  // while it is not known whether the bus answers
    bool answers_ = false;
    // In this order: the object needs its connection, and the sources what they call.
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<ManagerObject> object_;
    std::unique_ptr<sdbus::IProxy> systemd_;
    std::unique_ptr<sdbus::IProxy> oomd_;
    std::unique_ptr<sdbus::IProxy> bus_;
    EventLoop::Source io_;
    EventLoop::Source timeout_;
    EventLoop::Source retry_;
    std::chrono::seconds retry_pause_;
    bool is_stopping_ = false;
};

}  // namespace oomguard::daemon
