// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/guard.hpp"
#include "daemon/pending_set.hpp"
#include "daemon/sources/cgroup_source.hpp"
#include "daemon/sources/exec_doorbell_source.hpp"
#include "daemon/sources/proc_connector_source.hpp"
#include "daemon/sources/rule_file_source.hpp"
#include "daemon/sources/source.hpp"

namespace oomguard::daemon {

/// Finds processes for the guard to look at: starts the sources, turns their news into looks, and
/// sweeps. News may be lost, late or wrong; the sweep makes up for all of it.
class Finder final : public News {
  public:
    struct Hooks {
        std::function<void(const SourceState&)> source_changed;
        std::function<void(const std::string& source, const std::string& what)> overrun;
        std::function<void(const Error&)> sweep_failed;
        std::function<void()> files_changed;
        std::function<void(const std::string& cgroup_directory)> attributes_changed;
        /// A process ended; before the guard is told. See News::ended.
        std::function<void(Pid pid, int signal)> ended;
        /// See News::killed_in.
        std::function<void(const std::string& cgroup_directory, std::uint64_t count)> killed_in;
        std::function<void()> swept;
        /// A process is new, or executes something, or changes in another way.
        std::function<void(Pid pid)> changes;
        /// A while has passed since the process was found, or executed something.
        std::function<void(Pid pid)> settled;
    };

    Finder(EventLoop& loop, Guard& guard, ProcessTable& table, RuleFileSource::Paths paths,
           Hooks hooks);

    /// Starts and stops sources as the settings say, for the rules in force. Sweep afterwards.
    void configure(const config::Settings& settings);

    /// To be called then when other rules are in force: the doorbell watches what they name.
    void rules_changed();

    /// Whether killed_in is to be told.
    void set_kills_wanted(bool wanted) { cgroups_.set_kills_wanted(wanted); }

    [[nodiscard]] bool do_cgroups_work() const { return cgroups_.state().works(); }

    /// Looks at every process, now. How many there are, kernel threads left out.
    std::size_t sweep();

    /// All of them, in a fixed order.
    [[nodiscard]] std::vector<SourceState> sources() const;
    [[nodiscard]] std::uint64_t overruns() const { return overruns_; }
    /// CLOCK_REALTIME in microseconds; 0 before the first.
    [[nodiscard]] std::uint64_t last_sweep_usec() const { return last_sweep_usec_; }

    void found(Pid pid) override;
    void forked(Pid pid, Pid parent) override;
    void ended(Pid pid, int signal) override;
    void all_told() override;
    void someone_executed() override;
    void overrun(const std::string& source, const std::string& what) override;
    void caught_up() override;
    void source_changed(const SourceState& state) override;
    void files_changed() override;
    void attributes_changed(const std::string& cgroup_directory) override;
    void killed_in(const std::string& cgroup_directory, std::uint64_t count) override;

  private:
    void pending_timer_fired();
    void look_at_pending();
    void look_for_newcomers();
    void arm_pending_timer();
    void sweep_soon();
    void arm_sweep_timer();
    void ring_or_rest();
    /// Tells the guard whether it hears of every fork.
    void vouch_for_forks();
    [[nodiscard]] std::chrono::milliseconds sweep_interval() const;

    Guard& guard_;
    ProcessTable& table_;
    Hooks hooks_;
    config::Settings settings_;
    PendingSet pending_;
    ProcConnectorSource proc_connector_;
    CgroupSource cgroups_;
    ExecDoorbellSource doorbell_;
    RuleFileSource rule_files_;
    EventLoop::Source pending_timer_;
    EventLoop::Source newcomer_timer_;
    EventLoop::Source sweep_timer_;
    EventLoop::Source resweep_timer_;
    SourceState sweep_state_{"sweep", SourceState::Status::Off, ""};
    std::vector<Pid> known_pids_;  // sorted: the last list of all
    Time last_newcomer_look_{};
    Time last_sweep_{};
    std::uint64_t last_sweep_usec_ = 0;
    std::uint64_t overruns_ = 0;
    std::optional<Time> pending_armed_for_;
    bool resweep_pending_ = false;
    /// The proc connector told of every fork since everything was looked at.
    bool has_all_forks_ = false;
    /// It tells of every fork from now on.
    bool is_caught_up_ = false;
    bool is_configured_ = false;
};

}  // namespace oomguard::daemon
