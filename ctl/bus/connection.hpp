// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ctl/bus/manager.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/bus/sdbus_compat.hpp"
#include "org.oomguard1_proxy.hpp"

namespace oomguard::ctl {

namespace compat = daemon::compat;

inline const compat::InterfaceName kInterface{"org.oomguard1.Manager"};

/// The generated proxy, which hands each signal on as an Event.
class ManagerProxy final
    : public sdbus::ProxyInterfaces<org::oomguard1::Manager_proxy, sdbus::Properties_proxy> {
  public:
    using Handler = std::function<void(const Event&)>;

    explicit ManagerProxy(sdbus::IConnection& connection);
    ManagerProxy(const ManagerProxy&) = delete;
    ManagerProxy& operator=(const ManagerProxy&) = delete;
    ~ManagerProxy();

    Handler handler;

  private:
    void tell(Event event) const;

    void onProcessHeld(const std::uint32_t& pid, const std::uint64_t& start_time,
                       const std::string& name, const std::string& rule,
                       const std::int32_t& original, const std::int32_t& wanted) override;
    void onProcessReleased(const std::uint32_t& pid, const std::uint64_t& start_time,
                           const std::string& name, const std::string& rule,
                           const std::int32_t& value, const std::string& reason) override;
    void onScoreDrifted(const std::uint32_t& pid, const std::uint64_t& start_time,
                        const std::string& name, const std::string& rule,
                        const std::int32_t& wanted, const std::int32_t& found,
                        const bool& repaired) override;
    void onWriteRefused(const std::uint32_t& pid, const std::uint64_t& start_time,
                        const std::string& name, const std::string& rule,
                        const std::int32_t& wanted, const std::int32_t& current,
                        const std::string& error) override;
    void onRulesReloaded(const std::uint64_t& generation, const std::uint32_t& rules) override;
    void onRulesRejected(const std::uint64_t& generation, const std::string& diagnostics) override;
    void onProcessKilled(const std::uint64_t& when, const std::uint32_t& pid,
                         const std::uint64_t& start_time, const std::string& name,
                         const std::string& user, const std::string& cgroup,
                         const std::string& rule, const std::int32_t& score,
                         const std::string& killer, const std::uint64_t& memory,
                         const std::string& limit, const std::string& situation,
                         const std::string& why, const std::uint64_t& batch) override;
    void onPropertiesChanged(const compat::InterfaceName& interface,
                             const std::map<compat::PropertyName, sdbus::Variant>& changed,
                             const std::vector<compat::PropertyName>& invalidated) override;
};

/// The connection behind a Manager. Throws sdbus::Error and Failure.
class Manager::Connection {
  public:
    explicit Connection(const std::string& host);

    [[nodiscard]] ManagerProxy& proxy() { return *proxy_; }
    /// For a call that may take a password: waits as long as the daemon lets polkit ask for it.
    [[nodiscard]] ManagerProxy& patient_proxy();
    [[nodiscard]] std::int32_t daemon_pid();
    void on_event(ManagerProxy::Handler handler);
    bool wait(std::chrono::milliseconds timeout, int fd);

  private:
    void require_daemon();
    void process_pending();

    std::string host_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<sdbus::IProxy> bus_;
    std::unique_ptr<ManagerProxy> proxy_;
    bool has_gone_ = false;
    std::exception_ptr thrown_;
};

}  // namespace oomguard::ctl
