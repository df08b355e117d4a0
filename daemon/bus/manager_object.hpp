// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/badness.hpp"
#include "core/kill.hpp"
#include "daemon/bus/call_budget.hpp"
#include "daemon/bus/gate.hpp"
#include "daemon/bus/hold_shares.hpp"
#include "daemon/bus/kept.hpp"
#include "daemon/bus/rate_limit.hpp"
#include "daemon/bus/sdbus_compat.hpp"
#include "daemon/control.hpp"
#include "daemon/observer.hpp"
#include "org.oomguard1_adaptor.hpp"

namespace oomguard::daemon {

/// The object /org/oomguard1: translates between the daemon and org.oomguard1.Manager, whose
/// members are described in org.oomguard1.xml. May throw sdbus::Error.
class ManagerObject final : public sdbus::AdaptorInterfaces<org::oomguard1::Manager_adaptor>,
                            public Observer {
  public:
    /// What the object allows of everyone. Kept over the connections of the daemon's life.
    struct Limits {
        RateLimit signals;
        CallBudget calls = {};
        HoldShares holds = {};
    };

    /// All must outlive this.
    ManagerObject(sdbus::IConnection& connection, Control& control, Limits& limits);
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    ~ManagerObject() override;

    /// Signals the properties that have changed since the last call.
    void emit_changed_properties();

    void rules_reloaded();
    void rules_rejected(const std::string& diagnostics);
    void process_killed(const Kill& kill);

    void on_held(const Holding& holding) override;
    void on_dry_run(const Holding& holding) override;
    void on_released(const Holding& holding, ReleaseReason reason, int value) override;
    void on_drifted(const Holding& holding, int found, bool repaired) override;
    void on_refused(const Holding& holding, const Error& error) override;
    void on_unreadable(Pid pid, const Error& error) override;

  private:
    using ProcessRow =
        sdbus::Struct<std::uint32_t, std::uint64_t, std::string, std::string, std::string,
                      std::int32_t, std::int32_t, std::int32_t, std::string>;
    using RuleRow = sdbus::Struct<std::string, std::string, std::string, std::uint32_t,
                                  std::uint32_t, std::uint64_t>;
    using TrialRow = sdbus::Struct<std::string, std::string, std::string, std::string>;
    using RankRow =
        sdbus::Struct<std::uint32_t, std::uint64_t, std::string, std::string, std::string,
                      std::string, std::uint64_t, std::int32_t, std::int32_t, std::int64_t,
                      std::int64_t, std::uint32_t, std::string>;
    using MemoryRow = sdbus::Struct<std::uint32_t, std::uint64_t, std::uint64_t>;
    using EventRow =
        sdbus::Struct<std::uint64_t, std::string, std::uint32_t, std::uint64_t, std::string,
                      std::string, std::int32_t, std::int32_t, std::string>;
    using KillRow =
        sdbus::Struct<std::uint64_t, std::uint32_t, std::uint64_t, std::string, std::string,
                      std::string, std::string, std::int32_t, std::string, std::uint64_t,
                      std::string, std::string, std::string, std::uint64_t>;
    using SourceRow = sdbus::Struct<std::string, bool, std::string>;

    // The methods, each through the gate: manager_members.cpp.
    template <typename T>
    using Reply = sdbus::Result<T>&&;
    void ListProcesses(Reply<std::vector<ProcessRow>> result) override;
    void GetProcess(Reply<std::map<std::string, sdbus::Variant>> result,
                    std::uint32_t pid) override;
    void ListRules(Reply<std::vector<RuleRow>> result) override;
    void Explain(Reply<std::vector<TrialRow>> result, std::uint32_t pid) override;
    void Rank(Reply<std::vector<RankRow>> result, std::uint32_t limit) override;
    void RankCgroup(Reply<std::vector<RankRow>> result, std::string cgroup,
                    std::uint32_t limit) override;
    void ListMemory(Reply<std::vector<MemoryRow>> result) override;
    void ListEvents(Reply<std::vector<EventRow>> result) override;
    void ListKills(Reply<std::vector<KillRow>> result) override;
    void Hold(sdbus::Result<>&& result, std::uint32_t pid, std::int32_t value) override;
    void HoldTree(sdbus::Result<>&& result, std::uint32_t pid, std::int32_t value) override;
    void Release(sdbus::Result<>&& result, std::uint32_t pid) override;
    void Reload(Reply<std::uint64_t> result) override;
    void Rescan(Reply<std::uint32_t> result) override;

    template <typename... Results, typename Answer>
    void serve(sdbus::Result<Results...>&& result, Answer answer,
               std::optional<std::uint32_t> target = std::nullopt);

    [[nodiscard]] std::vector<ProcessRow> processes();
    [[nodiscard]] std::map<std::string, sdbus::Variant> details(const Gate::Caller& caller,
                                                                std::uint32_t pid);
    [[nodiscard]] std::vector<RuleRow> rules(const Gate::Caller& caller);
    [[nodiscard]] std::vector<TrialRow> trials(const Gate::Caller& caller, std::uint32_t pid);
    [[nodiscard]] std::vector<RankRow> rank(std::uint32_t limit);
    [[nodiscard]] std::vector<RankRow> rank_cgroup(const std::string& cgroup, std::uint32_t limit);
    [[nodiscard]] std::vector<MemoryRow> memory();
    [[nodiscard]] std::vector<EventRow> events();
    [[nodiscard]] std::vector<KillRow> kills();
    void hold(const Gate::Caller& caller, std::uint32_t pid, std::int32_t value, Children children);
    void release(std::uint32_t pid);
    [[nodiscard]] std::uint64_t reload();
    [[nodiscard]] std::uint32_t rescan();

    std::string Version() override;
    std::uint64_t StartedUSec() override;
    std::uint64_t Generation() override;
    std::uint32_t RuleCount() override;
    std::uint32_t ProcessCount() override;
    std::uint32_t HeldCount() override;
    std::vector<SourceRow> Sources() override;
    std::vector<std::string> Degraded() override;
    bool DryRun() override;
    std::uint64_t Written() override;
    std::uint64_t DriftsRepaired() override;
    std::uint64_t WritesRefused() override;
    std::uint64_t Overruns() override;
    std::uint64_t Sweeps() override;
    std::uint64_t LastSweepUSec() override;
    std::uint64_t SignalsSuppressed() override;

    [[nodiscard]] static std::vector<RankRow> rank_rows(const std::vector<Ranked>& order);
    template <typename... Values>
    void tell_of_process(const char* signal, const Values&... values);
    void has_changed();
    [[nodiscard]] std::map<std::string, std::string> watched_properties();

    Control& control_;
    Limits& limits_;
    Gate gate_;
    std::map<std::string, std::string> last_told_;
    // What walks all holdings, and anyone may ask for without end.
    Kept<std::uint32_t> held_count_;
    Kept<std::vector<std::string>> degraded_;
};

/// To everyone on the bus; where /proc hides processes, only to those who have been let see them.
template <typename... Values>
void ManagerObject::tell_of_process(const char* signal, const Values&... values) {
    if (!limits_.signals.allow(Clock::now()))
        return;
    const auto made = [&] {
        auto message = compat::make_signal(getObject(), INTERFACE_NAME, signal);
        (message << ... << values);
        return message;
    };
    if (!gate_.hides_processes()) {
        getObject().emitSignal(made());
        return;
    }
    for (const std::string& listener : gate_.listeners()) {
        auto message = made();
        message.setDestination(listener);
        getObject().emitSignal(message);
    }
}

}  // namespace oomguard::daemon
