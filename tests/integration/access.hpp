// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

#include "bus.hpp"
#include "nobody.hpp"
#include "support/launch.hpp"

// Calls of every method, by root and by others.
namespace oomguard::test {

using MethodCall = std::function<void(ManagerClient&)>;

/// A call of each method, on a process that may be held.
inline std::map<std::string, MethodCall> calls_of_all_methods(pid_t process) {
    const auto pid = static_cast<std::uint32_t>(process);
    return {
        {"ListProcesses", [](ManagerClient& client) { client->ListProcesses(); }},
        {"GetProcess", [pid](ManagerClient& client) { client->GetProcess(pid); }},
        {"ListRules", [](ManagerClient& client) { client->ListRules(); }},
        {"Explain", [pid](ManagerClient& client) { client->Explain(pid); }},
        {"Rank", [](ManagerClient& client) { client->Rank(1); }},
        {"RankCgroup", [](ManagerClient& client) { client->RankCgroup("/", 1); }},
        {"ListMemory", [](ManagerClient& client) { client->ListMemory(); }},
        {"ListEvents", [](ManagerClient& client) { client->ListEvents(); }},
        {"ListKills", [](ManagerClient& client) { client->ListKills(); }},
        {"Hold", [pid](ManagerClient& client) { client->Hold(pid, 500); }},
        {"HoldTree", [pid](ManagerClient& client) { client->HoldTree(pid, 500); }},
        {"Release", [pid](ManagerClient& client) { client->Release(pid); }},
        {"Reload", [](ManagerClient& client) { client->Reload(); }},
        {"Rescan", [](ManagerClient& client) { client->Rescan(); }},
    };
}

/// What the call fails with, empty if it does not; one at a time, because Release needs a Hold.
inline std::string failure_as_root(ManagerClient& client, const MethodCall& call) {
    return failure_of([&] {
        call(client);
        return 0;
    });
}

enum class Asking { NotAllowed, Allowed };

/// The same of a process of nobody's. `Asking::Allowed`: with ALLOW_INTERACTIVE_AUTHORIZATION.
inline std::string failure_as_nobody(const std::string& address, const MethodCall& call,
                                     Asking asking = Asking::NotAllowed) {
    Pipe told = make_pipe();
    const int status = as_nobody(address, [&](ManagerClient& client) {
        const auto proxy = daemon::compat::proxy_of(client.connection(), daemon::kServiceName,
                                                    daemon::kObjectPath);
        if (asking == Asking::Allowed)
            daemon::compat::allow_asking(*proxy);
        const std::string failure = failure_as_root(client, call);
        return ::write(told.write_end.get(), failure.data(), failure.size()) ==
                       static_cast<ssize_t>(failure.size())
                   ? 0
                   : 1;
    });
    REQUIRE(status == 0);
    told.write_end = {};
    std::string failure(4096, '\0');
    const ssize_t size = ::read(told.read_end.get(), failure.data(), failure.size());
    failure.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return failure;
}

/// A daemon, and a process that no rule means.
struct AccessTest {
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    GuardDaemon daemon;
    std::map<std::string, MethodCall> calls = calls_of_all_methods(subject.pid());

    AccessTest() { daemon.write_settings(kQuietSettings); }

    [[nodiscard]] const std::string& address() { return daemon.bus().address(); }
    std::string as_nobody(const std::string& method, Asking asking = Asking::NotAllowed) {
        return failure_as_nobody(address(), calls.at(method), asking);
    }
    std::string as_root(const std::string& method) {
        return failure_as_root(daemon.client(), calls.at(method));
    }
    /// True if nothing has come of any call.
    bool is_unchanged() {
        return daemon.client()->Generation() == 1 && daemon.client()->Sweeps() == 1 &&
               !daemon.client().process(subject.pid());
    }
};

inline const std::string kNotPermitted = "org.oomguard1.Error.NotPermitted: ";

/// How every refusal of a method that changes something begins.
inline std::string refused(const std::string& method, const std::string& action) {
    return kNotPermitted + method + " is for root, and whom polkit grants " + action + ": ";
}

}  // namespace oomguard::test
