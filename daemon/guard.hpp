// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger.hpp"
#include "core/rule_set.hpp"
#include "daemon/holding.hpp"
#include "daemon/observer.hpp"
#include "daemon/process_table.hpp"
#include "daemon/score_writer.hpp"

namespace oomguard::daemon {

/// Holds every process that a rule means at the rule's value, one look at a time. It trusts no
/// news: each look reads the truth of one process again, so too many looks only cost time.
class Guard {
  public:
    struct Options {
        bool dry_run = false;
        /// What was adopted and no rule means is left as it is: the administrator's rules could
        /// not be loaded, so it is not known what they mean.
        bool keep_adopted = false;
        std::vector<Pattern> exempt_cgroups;
        std::size_t most_holdings = 65'536;
    };

    struct Counters {
        std::uint64_t written = 0;
        std::uint64_t drifts_repaired = 0;
        std::uint64_t writes_refused = 0;
        std::uint64_t sweeps = 0;
        std::size_t processes = 0;   ///< seen by the last sweep, kernel threads left out
        std::size_t over_limit = 0;  ///< matched in the last sweep, not held: too many holdings
    };

    /// What one process looks like, and which rule means it; none means those never touched.
    struct Finding {
        Snapshot snapshot;
        int score = 0;
        std::optional<std::size_t> rule;
        bool exempt = false;
    };

    /// All three must outlive the guard. `self` is the daemon's own pid, never touched.
    Guard(ProcessTable& table, ScoreWriter& writer, Observer& observer, Pid self);

    void set_options(Options options);

    /// Takes effect process by process, as each is looked at: sweep afterwards.
    void set_rules(std::shared_ptr<const RuleSet> rules);

    /// Takes over what an earlier daemon had on record. Those that have ended since, and those
    /// to whom nothing is owed because nothing had been written yet, are dropped.
    void adopt(const Ledger& ledger);

    /// Looks at one process and does what its rule asks for. True if there is such a process and
    /// it is no kernel thread.
    /// `forked_from`: the parent it was forked from, if that is known: it may have another by now.
    bool examine(Pid pid, Time now, std::optional<Pid> forked_from = std::nullopt);

    /// Looks at every process. How many there are, kernel threads left out, or why the table could
    /// not be read.
    Result<std::size_t> sweep(Time now);

    /// Gives every original back. What cannot be given back stays in `holdings()`.
    void release_all(Time now);

    /// Looks without touching anything.
    [[nodiscard]] Result<Finding> inspect(Pid pid);

    [[nodiscard]] const std::map<Pid, Holding>& holdings() const { return holdings_; }
    [[nodiscard]] const RuleSet& rules() const { return *rules_; }
    /// Processes matched since the rules were set, by rule index.
    [[nodiscard]] const std::vector<std::uint64_t>& matches() const { return matches_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }

  private:
    using Holdings = std::map<Pid, Holding>;

    [[nodiscard]] bool is_never_held(Pid pid) const;
    bool lost(Pid pid, const Error& error);
    [[nodiscard]] Result<Finding> look(Process& process) const;
    Result<void> judge(Process& process, std::optional<Pid> forked_from, Time now);
    [[nodiscard]] static Result<bool> must_stay_killable(Process& process,
                                                         const Decision& decision);
    void hold(Process& process, std::size_t rule_index, const Decision& decision, int score,
              Time now);
    void write(Process& process, Holding& holding, const Decision& decision, bool is_news,
               Time now);
    void remember(Holding& holding, const Written& carried);
    void became_held(Holding& holding, bool tell);
    void refused(Holding& holding, const Error& error, Time now);
    void release(Process& process, const Decision& decision, ReleaseReason reason, Time now);
    void forget(Pid pid, ReleaseReason reason, int value);
    [[nodiscard]] std::optional<Written> record_of(Pid pid) const;

    ProcessTable& table_;
    ScoreWriter& writer_;
    Observer& observer_;
    Pid self_;
    Options options_;
    std::shared_ptr<const RuleSet> rules_ = std::make_shared<const RuleSet>();
    std::vector<std::uint64_t> matches_;
    Holdings holdings_;
    Counters counters_;
};

}  // namespace oomguard::daemon
