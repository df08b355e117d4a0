// SPDX-License-Identifier: MIT
#include "support/manager_client.hpp"

#include <algorithm>

#include "support/wait.hpp"

namespace oomguard::test {

ManagerClient::Proxy::Proxy(sdbus::IConnection& connection)
    : ProxyInterfaces(connection, daemon::compat::ServiceName{daemon::kServiceName},
                      sdbus::ObjectPath{daemon::kObjectPath}) {
    registerProxy();
}

ManagerClient::Proxy::~Proxy() {
    unregisterProxy();
}

void ManagerClient::Proxy::onProcessHeld(const std::uint32_t& pid, const std::uint64_t& start_time,
                                         const std::string& name, const std::string& rule,
                                         const std::int32_t& original, const std::int32_t& wanted) {
    signals.push_back({.name = "ProcessHeld",
                       .pid = static_cast<pid_t>(pid),
                       .start_time = start_time,
                       .process = name,
                       .rule = rule,
                       .original = original,
                       .wanted = wanted});
}

void ManagerClient::Proxy::onProcessReleased(const std::uint32_t& pid,
                                             const std::uint64_t& start_time,
                                             const std::string& name, const std::string& rule,
                                             const std::int32_t& value, const std::string& reason) {
    signals.push_back({.name = "ProcessReleased",
                       .pid = static_cast<pid_t>(pid),
                       .start_time = start_time,
                       .process = name,
                       .rule = rule,
                       .value = value,
                       .text = reason});
}

void ManagerClient::Proxy::onScoreDrifted(const std::uint32_t& pid, const std::uint64_t& start_time,
                                          const std::string& name, const std::string& rule,
                                          const std::int32_t& wanted, const std::int32_t& found,
                                          const bool& repaired) {
    signals.push_back({.name = "ScoreDrifted",
                       .pid = static_cast<pid_t>(pid),
                       .start_time = start_time,
                       .process = name,
                       .rule = rule,
                       .wanted = wanted,
                       .found = found,
                       .repaired = repaired});
}

void ManagerClient::Proxy::onWriteRefused(const std::uint32_t& pid, const std::uint64_t& start_time,
                                          const std::string& name, const std::string& rule,
                                          const std::int32_t& wanted, const std::int32_t& current,
                                          const std::string& error) {
    signals.push_back({.name = "WriteRefused",
                       .pid = static_cast<pid_t>(pid),
                       .start_time = start_time,
                       .process = name,
                       .rule = rule,
                       .wanted = wanted,
                       .current = current,
                       .text = error});
}

void ManagerClient::Proxy::onRulesReloaded(const std::uint64_t& generation,
                                           const std::uint32_t& rules) {
    signals.push_back({.name = "RulesReloaded", .generation = generation, .rules = rules});
}

void ManagerClient::Proxy::onRulesRejected(const std::uint64_t& generation,
                                           const std::string& diagnostics) {
    signals.push_back({.name = "RulesRejected", .text = diagnostics, .generation = generation});
}

void ManagerClient::Proxy::onProcessKilled(
    const std::uint64_t& /*when*/, const std::uint32_t& pid, const std::uint64_t& start_time,
    const std::string& name, const std::string& /*user*/, const std::string& /*cgroup*/,
    const std::string& rule, const std::int32_t& score, const std::string& killer,
    const std::uint64_t& /*memory*/, const std::string& limit, const std::string& /*situation*/,
    const std::string& why, const std::uint64_t& batch) {
    signals.push_back({.name = "ProcessKilled",
                       .pid = static_cast<pid_t>(pid),
                       .start_time = start_time,
                       .process = name,
                       .rule = rule,
                       .value = score,
                       .text = killer,
                       .limit = limit,
                       .why = why,
                       .batch = batch});
}

void ManagerClient::Proxy::onPropertiesChanged(
    const daemon::compat::InterfaceName& /*interface*/,
    const std::map<daemon::compat::PropertyName, sdbus::Variant>& changed,
    const std::vector<daemon::compat::PropertyName>& /*invalidated*/) {
    signals.push_back({.name = "PropertiesChanged", .changed = {changed.begin(), changed.end()}});
}

ManagerClient::ManagerClient(const std::string& address)
    : connection_(sdbus::createSessionBusConnectionWithAddress(address)),
      proxy_(std::make_unique<Proxy>(*connection_)) {}

ManagerClient::~ManagerClient() = default;

std::vector<ManagerClient::ProcessRow> ManagerClient::processes() {
    std::vector<ProcessRow> rows;
    for (const auto& row : proxy_->ListProcesses())
        rows.push_back({static_cast<pid_t>(row.get<0>()), row.get<1>(), row.get<2>(), row.get<3>(),
                        row.get<4>(), row.get<5>(), row.get<6>(), row.get<7>(), row.get<8>()});
    return rows;
}

std::optional<ManagerClient::ProcessRow> ManagerClient::process(pid_t pid) {
    const auto all = processes();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& row) { return row.pid == pid; });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

std::vector<ManagerClient::RuleRow> ManagerClient::rules() {
    std::vector<RuleRow> rows;
    for (const auto& row : proxy_->ListRules())
        rows.push_back(
            {row.get<0>(), row.get<1>(), row.get<2>(), row.get<3>(), row.get<4>(), row.get<5>()});
    return rows;
}

std::optional<ManagerClient::RuleRow> ManagerClient::rule(const std::string& name) {
    const auto all = rules();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& row) { return row.name == name; });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

std::pair<bool, std::string> ManagerClient::source(const std::string& name) {
    for (const auto& row : proxy_->Sources()) {
        if (row.get<0>() == name)
            return {row.get<1>(), row.get<2>()};
    }
    return {false, "no source of this name"};
}

void ManagerClient::process_pending() {
    while (daemon::compat::process_one(*connection_)) {
    }
}

std::optional<Signal> ManagerClient::wait_for(const Predicate& predicate,
                                              std::chrono::milliseconds deadline) {
    std::size_t seen = 0;
    std::optional<Signal> found;
    const auto has_come = [&] {
        process_pending();
        for (; seen < proxy_->signals.size() && !found; ++seen) {
            if (predicate(proxy_->signals[seen]))
                found = proxy_->signals[seen];
        }
        return found.has_value();
    };
    (void)wait_until(connection_->getEventLoopPollData().fd, has_come, deadline);
    return found;
}

std::optional<Signal> ManagerClient::wait_for(const std::string& name, pid_t pid) {
    return wait_for([&](const Signal& signal) {
        return signal.name == name && (pid == 0 || signal.pid == pid);
    });
}

const std::vector<Signal>& ManagerClient::signals() {
    process_pending();
    return proxy_->signals;
}

std::size_t ManagerClient::count(const std::string& name, pid_t pid) {
    const auto& all = signals();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Signal& one) {
        return one.name == name && (pid == 0 || one.pid == pid);
    }));
}

void ManagerClient::forget_signals() {
    process_pending();
    proxy_->signals.clear();
}

}  // namespace oomguard::test
