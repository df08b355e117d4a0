// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/badness.hpp"
#include "core/kill.hpp"
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
    /// Both must outlive this. `limit` is shared by all connections of the daemon's life.
    ManagerObject(sdbus::IConnection& connection, Control& control, RateLimit& limit);
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

    std::vector<ProcessRow> ListProcesses() override;
    std::map<std::string, sdbus::Variant> GetProcess(const std::uint32_t& pid) override;
    std::vector<RuleRow> ListRules() override;
    std::vector<TrialRow> Explain(const std::uint32_t& pid) override;
    std::vector<RankRow> Rank(const std::uint32_t& limit) override;
    std::vector<RankRow> RankCgroup(const std::string& cgroup, const std::uint32_t& limit) override;
    std::vector<MemoryRow> ListMemory() override;
    std::vector<EventRow> ListEvents() override;
    std::vector<KillRow> ListKills() override;
    void Hold(const std::uint32_t& pid, const std::int32_t& value) override;
    void HoldTree(const std::uint32_t& pid, const std::int32_t& value) override;
    void Release(const std::uint32_t& pid) override;
    std::uint64_t Reload() override;
    std::uint32_t Rescan() override;

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

    void hold(std::uint32_t pid, std::int32_t value, Children children);
    [[nodiscard]] static std::vector<RankRow> rank_rows(const std::vector<Ranked>& order);
    void require_privilege(const char* method) const;
    [[nodiscard]] uid_t caller() const;
    [[nodiscard]] std::map<std::string, std::string> watched_properties();

    Control& control_;
    RateLimit& limit_;
    std::map<std::string, std::string> last_told_;
};

}  // namespace oomguard::daemon
