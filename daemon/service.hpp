// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/bus/bus_link.hpp"
#include "daemon/control.hpp"
#include "daemon/event_history.hpp"
#include "daemon/event_log.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/finder.hpp"
#include "daemon/guard.hpp"
#include "daemon/kill_history.hpp"
#include "daemon/kill_watch.hpp"
#include "daemon/last_seen.hpp"
#include "daemon/ledger_file.hpp"
#include "daemon/linux_process_table.hpp"
#include "daemon/observer.hpp"
#include "daemon/oomd_keeper.hpp"
#include "daemon/oomd_text.hpp"
#include "daemon/options.hpp"
#include "daemon/privileges.hpp"
#include "daemon/realtime.hpp"
#include "daemon/recording_score_writer.hpp"
#include "daemon/rule_loader.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::daemon {

/// The daemon as a whole: puts its parts together, and loads the files. Only start-up may throw.
class Service final : private Control, private Observer {
  public:
    explicit Service(Options options);

    /// Guards until told to stop. The exit status.
    int run();

  private:
    Guard& guard() override { return guard_; }
    [[nodiscard]] const LinuxProcessTable& table() const override { return table_; }
    [[nodiscard]] std::uint64_t generation() const override { return generation_; }
    [[nodiscard]] std::vector<SourceState> sources() const override;
    [[nodiscard]] std::vector<std::string> degraded() const override;
    [[nodiscard]] bool dry_run() const override { return settings_.dry_run; }
    [[nodiscard]] std::uint64_t overruns() const override { return finder_.overruns(); }
    [[nodiscard]] std::uint64_t last_sweep_usec() const override {
        return finder_.last_sweep_usec();
    }
    [[nodiscard]] std::uint64_t started_usec() const override { return started_usec_; }
    [[nodiscard]] const EventHistory& history() const override { return history_; }
    [[nodiscard]] const KillHistory& kills() const override { return kills_; }
    [[nodiscard]] std::optional<Trial> explain_oomd(ProcessId id) override;
    void bus_changed() override { changed(); }
    void systemd_version_is(const std::string& text) override;
    void systemd_oomd_killed(const std::string& cgroup, const std::string& reason) override;
    ReloadOutcome reload() override;
    std::optional<PinFailure> hold(Pid pid, int value, Children children) override;
    std::optional<PinFailure> release(Pid pid) override;
    std::size_t rescan() override;

    void on_held(const Holding& holding) override;
    void on_dry_run(const Holding& holding) override;
    void on_released(const Holding& holding, ReleaseReason reason, int value) override;
    void on_drifted(const Holding& holding, int found, bool repaired) override;
    void on_refused(const Holding& holding, const Error& error) override;
    void on_distrusted(const Snapshot& snapshot, const Rule& rule, const std::string& why) override;
    void on_wishes_changed() override;
    void on_unreadable(Pid pid, const Error& error) override;

    Finder::Hooks finder_hooks();
    void load_first();
    void take_over_ledger();
    ReloadOutcome load_again(bool even_if_unchanged);
    void put_in_force(LoadedConfig config);
    void reject(const LoadedConfig& config, const std::string& consequence);
    void stop();

    KillWatch::Hooks kill_hooks();
    [[nodiscard]] std::string cgroup_of(const std::string& directory) const;
    void open_kills();
    void configure_sources();
    [[nodiscard]] std::optional<Victim> look_up(Pid pid);
    [[nodiscard]] std::optional<Snapshot> read_what_to_note(Pid pid) const;
    void note_who_is_there();
    void note_settled(Pid pid);
    void on_killed(const Kill& kill, std::optional<std::uint64_t> sequence);

    OomdKeeper::Hooks keeper_hooks();
    void on_attributes_changed(const std::string& cgroup_directory);
    void keep_oomd_told();
    [[nodiscard]] OomdSurroundings surroundings_of(const std::string& cgroup,
                                                   const OomdKeeper::Kept& kept);
    [[nodiscard]] std::string why_oomd_ignores(const OomdKeeper::Kept& kept) const;
    void add_oomd_texts(std::vector<std::string>& texts) const;

    void changed();
    void tell_changes();
    [[nodiscard]] std::string status_text() const;
    [[nodiscard]] std::string left_text() const;

    std::uint64_t started_usec_ = realtime_usec();
    Options options_;
    EventLoop loop_;
    LinuxProcessTable table_;
    sys::UniqueFd runtime_directory_;  // the lock on it
    LedgerFile ledger_;
    RecordingScoreWriter writer_;
    Guard guard_;
    OomdKeeper keeper_;
    EventLog log_;
    EventHistory history_;
    KillHistory kills_;
    LastSeen last_seen_;
    KillWatch kill_watch_;
    Finder finder_;
    BusLink bus_;
    EventLoop::Source change_timer_;
    EventLoop::Source oomd_timer_;
    std::vector<EventLoop::Source> signals_;

    config::Settings settings_;
    std::uint64_t generation_ = 0;
    std::size_t fingerprint_ = 0;
    std::string rejection_;  // why the files on disk are not in force; empty if they are
    std::string sweep_failure_;
    std::string memory_lock_failure_;
    std::set<std::string> told_degraded_;
    std::string told_status_;
    std::optional<unsigned> systemd_version_;
    bool processes_are_hidden_ = false;
    Privileges privileges_{[this] { return table_.open(1).has_value(); }};
    bool change_pending_ = false;
    bool oomd_pending_ = false;
    Time last_kept_told_{};
};

}  // namespace oomguard::daemon
