// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel_kills.hpp"
#include "core/kill.hpp"
#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// A process that was killed, or may have been: what could be read of it while it was still to be
/// seen, and what the guard knew. Texts are printable; empty where nothing is known.
struct Victim {
    bool is_there = true;  ///< it could be read just now; else this is what was seen of it before
    ProcessId id = {};
    std::string name = {};
    std::optional<Uid> uid = std::nullopt;
    std::string cgroup = {};
    std::string rule = {};
    std::optional<int> score = std::nullopt;
    std::uint64_t memory = 0;
    Protection protection = {};
};

/// Makes one record of each kill, whichever sources tell of it and in whatever order: the kernel's
/// log, the ends of processes by a signal, systemd-oomd's signal, and what other killers log.
class KillRecorder {
  public:
    /// An end that nobody accounts for waits so long for a killer that says it was its: nohang does
    /// so after up to 10 seconds.
    static constexpr std::chrono::seconds kWait{12};
    /// What the kernel says of one kill comes within this.
    static constexpr std::chrono::milliseconds kKernelWait{100};
    /// Processes of a cgroup that was killed, and those that were sent SIGTERM, take time to end.
    static constexpr std::chrono::seconds kDying{10};
    /// What systemd-oomd kills thrashes, and is throttled by memory.high until it ends.
    static constexpr std::chrono::seconds kDyingOfPressure{60};
    /// That a cgroup was killed in is told so soon after the ends of what was killed.
    static constexpr std::chrono::seconds kEndToCgroup{5};
    /// A killer's line may be read before the end of its process, of which all is gone by then.
    static constexpr std::chrono::seconds kEndToCome{5};
    static constexpr std::size_t kMostEnds = 1024;
    static constexpr std::size_t kMostUnsettled = 256;

    struct Hooks {
        /// What is known of a process now; nullopt if nothing is.
        std::function<std::optional<Victim>(Pid pid)> look_up;
        /// The user's name, printable.
        std::function<std::string(Uid uid)> user;
        /// Of the machine's memory, now; printable.
        std::function<std::string()> situation;
        /// CLOCK_REALTIME and the kernel's log's time, in microseconds.
        std::function<std::uint64_t()> realtime;
        std::function<std::uint64_t()> log_time;
        /// The start time that a process would have that starts now: see ProcessId.
        std::function<std::uint64_t()> start_time_now;
        /// Once for each kill. `sequence`: see KillHistory::add.
        std::function<void(const Kill& kill, std::optional<std::uint64_t> sequence)> killed;
    };

    KillRecorder(std::uint64_t page_size, Hooks hooks)
        : kernel_(page_size), hooks_(std::move(hooks)) {}

    /// A record of the kernel's log. `is_past`: from before the daemon was started, so that who has
    /// the pid now is another.
    void kernel_logged(const KernelRecord& record, bool is_past, Time now);

    /// A process ended, by a signal or (0) not. To be called while it can still be looked up.
    void ended(Pid pid, int signal, Time now);

    /// Whether ends without a signal count too: one that was sent SIGTERM may end as it likes.
    void set_all_ends_count(bool count) { all_ends_count_ = count; }

    /// systemd-oomd killed all of this cgroup, and says why: "memory-used" (swap) or
    /// "memory-pressure".
    void oomd_killed(const std::string& cgroup, const std::string& reason, Time now);

    /// The kernel says that it killed so many of just this cgroup, and not whom: where its log
    /// cannot be read.
    void kernel_killed_in(const std::string& cgroup, std::uint64_t count, Time now);

    /// systemd says that the kernel killed at least one of this unit, and not whom.
    void kernel_killed_in_unit(const std::string& unit, Time now);

    /// Another killer logged that it sends a signal to this process. Of one that has another name
    /// than it says nothing is believed.
    /// `may_be_forged`: it is believed only if the process has ended by a signal.
    void signal_sent(Killer killer, Pid pid, const std::string& name, Time now,
                     bool may_be_forged = false);

    /// What is due now. To be called at next_due(), or later.
    void settle(Time now);
    [[nodiscard]] std::optional<Time> next_due() const;

  private:
    struct End {
        int signal = 0;
        Time at;
        Victim victim;

        /// Of too many the first with the lowest goes.
        [[nodiscard]] int rank() const;
        /// Though nobody says whose it was.
        [[nodiscard]] bool is_kill() const;
    };
    /// All processes of a cgroup, and those below it, or so many of just this one, or of a unit.
    struct CgroupKill {
        KillGrounds grounds;
        std::string cgroup;
        std::string situation;
        std::uint64_t usec = 0;  ///< when it was told
        Time until;
        std::uint64_t batch = 0;
        std::uint64_t start_time = 0;                      ///< of the last that it can have been
        std::optional<std::uint64_t> left = std::nullopt;  ///< how many are not known yet
        bool has_victims = false;
        std::string unit = {};  ///< instead of the cgroup

        [[nodiscard]] bool covers(const Victim& victim) const;
    };
    struct Told {
        ProcessId id;
        std::uint64_t usec = 0;
    };
    /// Another killer says that it sent a signal to this process, of which nothing is to be seen.
    struct Claim {
        Killer killer{};
        Pid pid = 0;
        std::string name;
        Time until;
    };
    struct Doomed {
        Killer killer{};
        Victim victim;
        std::string situation;
        Time look_at;
        Time until;
    };

    [[nodiscard]] static bool is_in(const std::string& cgroup, const std::string& ancestor);
    [[nodiscard]] std::optional<Victim> take_end(const std::function<bool(const End& end)>& is_it);
    [[nodiscard]] std::optional<Claim> take_claim(const Victim& victim, Time now);
    /// Of one that could not be looked up: whether one of its pid has been, lately.
    [[nodiscard]] bool is_accounted_for(ProcessId id) const;
    /// Another with each call.
    [[nodiscard]] std::uint64_t new_batch();
    void settle_kernel(Time now);
    [[nodiscard]] bool is_killing(std::uint64_t batch) const;
    void await_end(Killer killer, Victim victim, Time now);
    void add_end(End end);
    void tell_unknown(const End& end, Time now);
    void settle_ends(Time now);
    void settle_cgroups(Time now);
    void settle_doomed(Time now);
    void add_cgroup_kill(CgroupKill killing, Time now);
    [[nodiscard]] CgroupKill* killing_of(const Victim& victim, Time now);
    void tell_kernel(KernelKill found, const Victim& victim, bool is_past, Time now);
    void tell_cgroup(CgroupKill& killing, const Victim& victim);
    /// `name` is as the killer gave it.
    void tell_doomed(const Doomed& doomed, const std::string& name = {});
    void tell(Kill kill, const Victim& victim, const KillGrounds& grounds,
              std::optional<std::uint64_t> sequence = std::nullopt);

    KernelKills kernel_;
    Hooks hooks_;
    std::optional<Time> kernel_due_;
    /// Whom the kernel says it killed, by the sequence of the record; none if that is past.
    std::map<std::uint64_t, std::optional<Victim>> seen_;
    bool all_ends_count_ = false;
    std::deque<End> ends_;  // that nobody accounts for yet
    std::vector<CgroupKill> cgroups_;
    std::vector<Doomed> doomed_;
    std::deque<Claim> claims_;
    std::deque<Told> told_;
    std::uint64_t last_batch_ = 0;
    std::optional<std::uint64_t> kernel_batch_;  // the last that was told, as the kernel's log goes
    std::uint64_t kernel_batch_told_ = 0;        // and as what
};

}  // namespace oomguard::daemon
