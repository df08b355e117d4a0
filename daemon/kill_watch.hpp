// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/kill_recorder.hpp"
#include "daemon/sources/journal_source.hpp"
#include "daemon/sources/kernel_log_source.hpp"
#include "daemon/sources/source.hpp"

namespace oomguard::daemon {

/// The start time that a process would have that starts now: CLOCK_BOOTTIME in clock ticks, as
/// field 22 of /proc/PID/stat (do_task_stat() in fs/proc/array.c).
[[nodiscard]] std::uint64_t start_time_now();

/// Hears of kills: has the sources that tell of them, and the recorder that puts together what
/// they tell.
class KillWatch final : private SourceListener {
  public:
    struct Hooks {
        std::function<std::optional<Victim>(Pid pid)> look_up;
        std::function<void(const Kill& kill, std::optional<std::uint64_t> sequence)> killed;
        std::function<void(const SourceState&)> source_changed;
        /// Whether the cgroups tell of what the kernel kills: see News::killed_in.
        std::function<bool()> do_cgroups_tell;
        /// Some may be missing.
        std::function<void(const std::string& source, const std::string& what)> lost;
    };

    /// `cgroup_mount`: where the v2 tree is; empty if nowhere.
    KillWatch(EventLoop& loop, const std::string& cgroup_mount, Hooks hooks);

    /// Starts and stops sources as the settings say. Also tells of the kills that the kernel still
    /// has in its log, but for those up to this record.
    void configure(const config::Settings::Sources& wanted, std::optional<std::uint64_t> last_told);

    /// Looks whether the journal is needed. To be called from time to time.
    void look_into_journal();

    /// A process ended; see News::ended. To be called while it can still be looked up.
    void ended(Pid pid, int signal);

    /// From systemd-oomd; see KillRecorder::oomd_killed.
    void oomd_killed(const std::string& cgroup, const std::string& reason);

    /// From the kernel; see KillRecorder::kernel_killed_in.
    void killed_in(const std::string& cgroup, std::uint64_t count);

    /// Whether the kernel's log, which says whom the kernel kills, is wanted and cannot be read,
    /// not in the journal either.
    [[nodiscard]] bool misses_kernel_log() const {
        return has_no_kernel_log() && !journal_.has_kernel();
    }

    /// In a fixed order.
    [[nodiscard]] std::vector<SourceState> sources() const;

  private:
    [[nodiscard]] bool has_no_kernel_log() const {
        return kernel_log_.state().status == SourceState::Status::Failed;
    }
    [[nodiscard]] JournalSource::Hooks journal_hooks();
    void source_changed(const SourceState& state) override;
    void settle();
    void arm_timer();

    Hooks hooks_;
    KillRecorder recorder_;
    KernelLogSource kernel_log_;
    JournalSource journal_;
    EventLoop::Source timer_;
    std::optional<Time> armed_for_;
    bool is_journal_wanted_ = true;
};

}  // namespace oomguard::daemon
