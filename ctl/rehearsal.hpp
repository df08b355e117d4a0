// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "core/ledger.hpp"
#include "core/rule.hpp"
#include "daemon/guard.hpp"
#include "sys/procfs.hpp"

namespace oomguard::ctl {

/// What the processes that run would be held at by other rules: the daemon's own guard, run dry
/// over /proc once. It writes nothing anywhere; what it holds can only be looked at.
class Rehearsal {
  public:
    struct Plan {
        std::vector<Rule> rules;
        config::Settings settings;
        /// What a daemon that runs has written to processes: see originals_of().
        Ledger originals;
        /// Of that daemon, which never holds itself.
        std::optional<Pid> daemon_pid;
        /// The processes to look at; none: all there are.
        std::optional<std::vector<Pid>> pids;
    };

    /// A process that the rules would hold, or give back what it had before.
    struct Row {
        ProcessId id;
        std::string name;
        std::string user;
        std::optional<std::size_t> rule;  ///< index in rules(); none: given back, or by Hold
        int now = 0;                      ///< its score at present
        int then = 0;
    };

    /// Looks at every process. Throws Failure if they cannot be listed.
    explicit Rehearsal(Plan plan);
    Rehearsal(const Rehearsal&) = delete;
    Rehearsal& operator=(const Rehearsal&) = delete;
    ~Rehearsal();

    /// By pid.
    [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
    [[nodiscard]] const std::vector<Rule>& rules() const { return guard().rules().rules(); }
    /// The processes that were looked at, in no order.
    [[nodiscard]] const std::vector<Pid>& pids() const;

    /// By rule: whether it decides for none of the processes. Looks at each of them again.
    [[nodiscard]] std::vector<bool> idle_rules();

    /// What could not be seen, for want of privileges, and what to do: one sentence each.
    [[nodiscard]] std::vector<std::string> gaps() const;

    // What kill_order() asks for.
    [[nodiscard]] const daemon::Guard& guard() const;
    [[nodiscard]] const sys::Procfs& procfs() const;
    /// Where the v2 tree is mounted; an error if nowhere.
    [[nodiscard]] const Result<std::string>& cgroup_mount() const;

  private:
    class Stage;

    void collect_rows();

    std::unique_ptr<Stage> stage_;
    std::vector<Row> rows_;
};

}  // namespace oomguard::ctl
