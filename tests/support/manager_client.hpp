// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/bus/names.hpp"
#include "daemon/bus/sdbus_compat.hpp"
#include "org.oomguard1_proxy.hpp"

namespace oomguard::test {

/// A signal that came, its arguments by name; those that it does not have are empty.
struct Signal {
    std::string name = {};  ///< such as "ProcessHeld"; "PropertiesChanged" too
    pid_t pid = 0;
    std::uint64_t start_time = 0;
    std::string process = {};
    std::string rule = {};
    int original = 0;
    int wanted = 0;
    int current = 0;  ///< of WriteRefused
    int found = 0;    ///< of ScoreDrifted
    int value = 0;    ///< of ProcessReleased; of ProcessKilled the score
    bool repaired = false;
    std::string text = {};  ///< reason, error, diagnostics or killer
    std::string limit = {};
    std::string why = {};
    std::uint64_t batch = 0;
    std::uint64_t generation = 0;
    std::uint32_t rules = 0;
    std::map<std::string, sdbus::Variant> changed = {};
};

/// A client of org.oomguard1.Manager with a connection of its own, used by the test's one thread:
/// signals come in while it waits.
class ManagerClient {
  public:
    using Predicate = std::function<bool(const Signal&)>;

    /// ListProcesses by its fields' names.
    struct ProcessRow {
        pid_t pid = 0;
        std::uint64_t start_time = 0;
        std::string name;
        std::string user;
        std::string rule;
        int original = 0;
        int wanted = 0;
        int current = 0;
        std::string state;
    };
    struct RuleRow {
        std::string name;
        std::string origin;
        std::string value;
        unsigned held = 0;
        unsigned refused = 0;
        std::uint64_t matches = 0;
    };

    /// Throws sdbus::Error if there is no such bus. The service need not be there yet.
    explicit ManagerClient(const std::string& address);
    ~ManagerClient();

    /// The generated proxy: every method and property.
    class Proxy;
    [[nodiscard]] Proxy& proxy() { return *proxy_; }
    [[nodiscard]] Proxy* operator->() { return proxy_.get(); }
    [[nodiscard]] sdbus::IConnection& connection() { return *connection_; }

    [[nodiscard]] std::vector<ProcessRow> processes();
    [[nodiscard]] std::optional<ProcessRow> process(pid_t pid);
    [[nodiscard]] std::vector<RuleRow> rules();
    [[nodiscard]] std::optional<RuleRow> rule(const std::string& name);
    /// A source of Sources by its name: whether it works, and why not.
    [[nodiscard]] std::pair<bool, std::string> source(const std::string& name);

    /// The first signal, of those that came before too, that the predicate is true of.
    std::optional<Signal> wait_for(const Predicate& predicate,
                                   std::chrono::milliseconds deadline = std::chrono::seconds(20));
    std::optional<Signal> wait_for(const std::string& name, pid_t pid = 0);

    /// Takes in what has come; all signals since the start or since forget_signals().
    const std::vector<Signal>& signals();
    [[nodiscard]] std::size_t count(const std::string& name, pid_t pid = 0);
    void forget_signals();

  private:
    void process_pending();

    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<Proxy> proxy_;
};

class ManagerClient::Proxy final
    : public sdbus::ProxyInterfaces<org::oomguard1::Manager_proxy, sdbus::Properties_proxy> {
  public:
    explicit Proxy(sdbus::IConnection& connection);
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;
    ~Proxy();

    std::vector<Signal> signals;

  private:
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
    void onPropertiesChanged(const daemon::compat::InterfaceName& interface,
                             const std::map<daemon::compat::PropertyName, sdbus::Variant>& changed,
                             const std::vector<daemon::compat::PropertyName>& invalidated) override;
};

}  // namespace oomguard::test
