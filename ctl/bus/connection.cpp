// SPDX-License-Identifier: MIT
#include "ctl/bus/connection.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <fmt/core.h>
#include <poll.h>

#include "ctl/bus/errors.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl {
namespace {

const compat::InterfaceName kBusInterface{"org.freedesktop.DBus"};

std::unique_ptr<sdbus::IConnection> open_connection(const std::string& host) {
    try {
        return host.empty() ? sdbus::createSystemBusConnection()
                            : sdbus::createRemoteSystemBusConnection(host);
    } catch (const sdbus::Error& error) {
        if (!host.empty())
            throw Failure(ExitCode::Failed,
                          fmt::format("cannot reach the system bus of {} over ssh: {}; try: ssh {} "
                                      "true",
                                      host, error.getMessage(), host));
        throw Failure(ExitCode::NotRunning,
                      fmt::format("cannot reach the system bus: {}; see: systemctl status dbus",
                                  error.getMessage()));
    }
}

}  // namespace

ManagerProxy::ManagerProxy(sdbus::IConnection& connection)
    : ProxyInterfaces(connection, compat::ServiceName{daemon::kServiceName},
                      sdbus::ObjectPath{daemon::kObjectPath}) {
    registerProxy();
}

ManagerProxy::~ManagerProxy() {
    unregisterProxy();
}

void ManagerProxy::tell(Event event) const {
    if (event.when == 0)
        event.when = now_usec();
    if (handler)
        handler(event);
}

void ManagerProxy::onProcessHeld(const std::uint32_t& pid, const std::uint64_t& start_time,
                                 const std::string& name, const std::string& rule,
                                 const std::int32_t& original, const std::int32_t& wanted) {
    tell({.kind = "ProcessHeld",
          .pid = pid,
          .start_time = start_time,
          .name = name,
          .rule = rule,
          .before = original,
          .after = wanted});
}

void ManagerProxy::onProcessReleased(const std::uint32_t& pid, const std::uint64_t& start_time,
                                     const std::string& name, const std::string& rule,
                                     const std::int32_t& value, const std::string& reason) {
    tell({.kind = "ProcessReleased",
          .pid = pid,
          .start_time = start_time,
          .name = name,
          .rule = rule,
          .before = std::nullopt,
          .after = value,
          .detail = reason});
}

void ManagerProxy::onScoreDrifted(const std::uint32_t& pid, const std::uint64_t& start_time,
                                  const std::string& name, const std::string& rule,
                                  const std::int32_t& wanted, const std::int32_t& found,
                                  const bool& repaired) {
    tell({.kind = "ScoreDrifted",
          .pid = pid,
          .start_time = start_time,
          .name = name,
          .rule = rule,
          .before = found,
          .after = wanted,
          .detail = repaired ? "repaired" : "left"});
}

void ManagerProxy::onWriteRefused(const std::uint32_t& pid, const std::uint64_t& start_time,
                                  const std::string& name, const std::string& rule,
                                  const std::int32_t& wanted, const std::int32_t& current,
                                  const std::string& error) {
    tell({.kind = "WriteRefused",
          .pid = pid,
          .start_time = start_time,
          .name = name,
          .rule = rule,
          .before = current,
          .after = wanted,
          .detail = error});
}

void ManagerProxy::onRulesReloaded(const std::uint64_t& generation, const std::uint32_t& rules) {
    tell({.kind = "RulesReloaded",
          .after = static_cast<std::int32_t>(rules),
          .detail = std::to_string(generation)});
}

void ManagerProxy::onRulesRejected(const std::uint64_t& generation,
                                   const std::string& /*diagnostics*/) {
    tell({.kind = "RulesRejected", .detail = std::to_string(generation)});
}

void ManagerProxy::onProcessKilled(const std::uint64_t& when, const std::uint32_t& pid,
                                   const std::uint64_t& start_time, const std::string& name,
                                   const std::string& /*user*/, const std::string& cgroup,
                                   const std::string& rule, const std::int32_t& score,
                                   const std::string& killer, const std::uint64_t& /*memory*/,
                                   const std::string& /*limit*/, const std::string& /*situation*/,
                                   const std::string& /*why*/, const std::uint64_t& /*batch*/) {
    tell({.when = when,
          .kind = "ProcessKilled",
          .pid = pid,
          .start_time = start_time,
          .name = pid == 0 && name.empty() ? cgroup : name,
          .rule = rule,
          .before = score,
          .after = score,
          .detail = killer});
}

void ManagerProxy::onPropertiesChanged(
    const compat::InterfaceName& /*interface*/,
    const std::map<compat::PropertyName, sdbus::Variant>& /*changed*/,
    const std::vector<compat::PropertyName>& /*invalidated*/) {}

Manager::Connection::Connection(const std::string& host)
    : host_(host), connection_(open_connection(host)) {
    bus_ = sdbus::createProxy(*connection_, compat::ServiceName{"org.freedesktop.DBus"},
                              sdbus::ObjectPath{"/org/freedesktop/DBus"});
    require_daemon();
    proxy_ = std::make_unique<ManagerProxy>(*connection_);
}

ManagerProxy& Manager::Connection::patient_proxy() {
    constexpr std::chrono::seconds kLongest{150};
    connection_->setMethodCallTimeout(kLongest);
    compat::allow_asking(*bus_);
    return *proxy_;
}

/// Asked first, because a call to a name that nobody has would start the daemon.
void Manager::Connection::require_daemon() {
    bool is_there = false;
    bus_->callMethod("NameHasOwner")
        .onInterface(kBusInterface)
        .withArguments(std::string(daemon::kServiceName))
        .storeResultsTo(is_there);
    if (!is_there)
        throw NotRunning(host_);
}

std::int32_t Manager::Connection::daemon_pid() {
    std::uint32_t pid = 0;
    bus_->callMethod("GetConnectionUnixProcessID")
        .onInterface(kBusInterface)
        .withArguments(std::string(daemon::kServiceName))
        .storeResultsTo(pid);
    return static_cast<std::int32_t>(pid);
}

void Manager::Connection::on_event(ManagerProxy::Handler handler) {
    // Not by the proxy, which would be woken for every client of the bus.
    compat::add_match(*connection_,
                      fmt::format("type='signal',sender='org.freedesktop.DBus',"
                                  "member='NameOwnerChanged',arg0='{}',arg2=''",
                                  daemon::kServiceName),
                      [this] { has_gone_ = true; });
    require_daemon();
    // Where /proc hides processes, signals of them go only to who has asked for some.
    (void)proxy_->ListEvents();
    // An exception must not pass through the bus's own code.
    proxy_->handler = [this, handler = std::move(handler)](const Event& event) {
        try {
            if (!thrown_)
                handler(event);
        } catch (...) {
            thrown_ = std::current_exception();
        }
    };
}

void Manager::Connection::process_pending() {
    while (compat::process_one(*connection_)) {
    }
    if (thrown_)
        std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (has_gone_)
        throw has_gone_away(host_);
}

bool Manager::Connection::wait(std::chrono::milliseconds timeout, int fd) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        process_pending();
        const auto poll_data = connection_->getEventLoopPollData();
        std::array<pollfd, 2> polled = {{{poll_data.fd, poll_data.events, 0}, {fd, POLLIN, 0}}};
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        const auto pause = std::max(left, std::chrono::milliseconds(0));
        const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(pause.count()));
        if (polled[1].revents != 0)
            return true;
        // A signal that a handler is for also ends the wait.
        if (ready < 0 || (ready == 0 && left <= std::chrono::milliseconds(0)))
            break;
    }
    process_pending();
    return false;
}

}  // namespace oomguard::ctl
