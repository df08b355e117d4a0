// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/coverage.hpp"
#include "core/explain.hpp"
#include "core/ledger.hpp"
#include "core/rule_set.hpp"
#include "core/trust.hpp"
#include "core/unkillable_memory.hpp"
#include "daemon/holding.hpp"
#include "daemon/observer.hpp"
#include "daemon/oomd_wishes.hpp"
#include "daemon/pins.hpp"
#include "daemon/process_table.hpp"
#include "daemon/score_writer.hpp"
#include "daemon/trial.hpp"

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
        SystemAccounts system_accounts = {};
        /// A quarter of them for pins, and where the score is lowered.
        std::size_t most_holdings = 65'536;
        /// What all at the lowest score may use together, of RAM and swap.
        unsigned unkillable_percent = 75;
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
        RulePointer rule;
        std::optional<Descent> descent;    ///< of the nearest forebear that is held, if it has one
        bool is_by_descent = false;        ///< the rule means it as a descendant only
        std::optional<Written> inherited;  ///< what its score is by inheritance
        bool may_disinherit = false;       ///< seen for the first time, and no rule says otherwise
        bool may_keep = false;             ///< inherited, and `children: inherit` leaves it so
        bool exempt = false;
        /// The rule may protect the process; told only where it lowers it, has systemd_oomd or
        /// includes descendants.
        bool is_trusted = false;
        /// Rules that match and would lower it, but may not: they are as if they did not match.
        std::vector<RulePointer> distrusted;
        Clipping clipping = Clipping::None;  ///< set by judge()
    };

    /// What was tried to find the rule of a process, in that order.
    struct Explanation {
        ProcessId id;
        std::vector<Trial> trials;
    };

    /// All three must outlive the guard. `self` is the daemon's own pid, never touched.
    Guard(ProcessTable& table, ScoreWriter& writer, Observer& observer, Pid self);

    void set_options(Options options);

    /// Takes effect process by process, as each is looked at: sweep afterwards.
    void set_rules(std::shared_ptr<const RuleSet> rules);

    /// Takes over what an earlier daemon had on record. Those that have ended since, and those
    /// to whom nothing is owed because nothing had been written yet, are dropped.
    void adopt(const Ledger& ledger);

    /// Holds this one process at the value, by a rule of its own, until it ends; with
    /// Children::Include its descendants too, as they are looked at: sweep afterwards. Replaces an
    /// earlier one. Where it fails, the process is and stays as it was before. In a dry run it
    /// does not fail for want of a write.
    std::optional<PinFailure> pin(Pid pid, int value, Children children, Time now);

    /// Ends that: the process is what the rules make of it, and so are its descendants as they
    /// are looked at. If the kernel refuses that write, it is tried again with the other refused.
    std::optional<PinFailure> unpin(Pid pid, Time now);

    /// Ends all of them, and writes no score.
    void unpin_all();

    /// Looks at one process and does what its rule asks for. True if there is such a process and
    /// it is no kernel thread.
    /// `forked_from`: the parent it was forked from, if that is known: it may have another by now.
    bool examine(Pid pid, Time now, std::optional<Pid> forked_from = std::nullopt);

    /// It has ended, as far as is known.
    void ended(Pid pid, Time now);

    /// Whether every fork is told by examine() with `forked_from`. Where it is not, orphans are
    /// ascribed to whom they resemble.
    void set_forks_are_told(bool told) { forks_are_told_ = told; }

    /// True if the children of this process may carry a score that is not theirs.
    [[nodiscard]] bool hands_down(Pid pid) const;

    /// True if no rule means a child of this process that has only been forked, as none means the
    /// process: it was not asked for its family, and in all else a child is what its parent is.
    /// (But for a cgroup that clone3(2) puts it in, of which the cgroups tell.)
    [[nodiscard]] bool is_child_alike(Pid parent) const;

    /// Looks at every process. How many there are, kernel threads left out, or why the table could
    /// not be read. `listed` is called when it is known which there are, and before any is looked
    /// at: whose fork is known by then is not taken for an orphan.
    Result<std::size_t> sweep(Time now, const std::function<void()>& listed = {});

    /// Gives every original back. What cannot be given back stays in `holdings()`.
    void release_all(Time now);

    /// Looks without touching anything.
    [[nodiscard]] Result<Finding> inspect(Pid pid);

    /// Why a process is held or not, without touching anything: every rule up to the one that
    /// decides. The arguments are read only if a rule cannot be told without.
    [[nodiscard]] Result<Explanation> explain(Pid pid, const Telling& telling) const;

    /// Those that were looked at and have not been found to have ended.
    [[nodiscard]] std::vector<ProcessId> present() const;

    [[nodiscard]] const std::map<Pid, Holding>& holdings() const { return holdings_; }
    [[nodiscard]] const RuleSet& rules() const { return *rules_; }
    [[nodiscard]] const Pins& pins() const { return pins_; }
    /// What systemd-oomd is to be told. Complete once a sweep has been made with the rules in
    /// force.
    [[nodiscard]] const OomdWishes& wishes() const { return wishes_; }
    /// Processes matched since the rules were set, by rule index.
    [[nodiscard]] const std::vector<std::uint64_t>& matches() const { return matches_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    /// Rules that are passed over because they would lower more than half of all processes, by
    /// index, with how many. Complete as wishes() are.
    [[nodiscard]] const std::map<std::size_t, Share>& held_back() const { return held_back_; }

  private:
    using Holdings = std::map<Pid, Holding>;

    /// One that had a tree until it ended, and by which its descendants were meant without that.
    struct Uprooted {
        ProcessId root;
        std::optional<Descent> above;
    };

    struct Distrust {
        std::uint64_t start_time = 0;
        RulePointer rule;
    };

    bool examine_one(Pid pid, Time now, std::optional<Pid> forked_from = std::nullopt);
    [[nodiscard]] bool is_never_held(Pid pid) const;
    [[nodiscard]] std::optional<bool> glance(Pid pid);
    bool lost(Pid pid, const Error& error);
    [[nodiscard]] Result<Finding> look(Process& process, std::optional<Pid> forked_from) const;
    [[nodiscard]] RulePointer rule_at(std::size_t index) const;
    [[nodiscard]] Result<RulePointer> first_match(Process& process) const;
    [[nodiscard]] Result<RulePointer> first_match_in_files(Process& process,
                                                           std::size_t from = 0) const;
    [[nodiscard]] Result<bool> is_exempt(Process& process) const;
    Result<void> judge(Process& process, std::optional<Pid> forked_from, Time now);
    void hold(Process& process, const Finding& finding, const Decision& decision, Time now);
    void write(Process& process, Holding& holding, const Decision& decision, bool is_news,
               Time now);
    void remember(Holding& holding, const Written& carried);
    void became_held(Holding& holding, bool tell);
    void refused(Holding& holding, const Error& error, Time now);
    void release(Process& process, const Decision& decision, ReleaseReason reason, Time now);
    void forget(Pid pid, ReleaseReason reason, int value);
    [[nodiscard]] std::optional<Written> record_of(Pid pid) const;

    // Rules for one process.
    void adopt_pins(const Ledger& ledger);
    [[nodiscard]] std::optional<PinFailure> may_not_pin(Process& process) const;
    std::optional<PinFailure> judge_at_once(Process& process, Time now);
    void forget_earlier(const Snapshot& snapshot);
    void drop_pin(ProcessId id, const std::optional<Descent>& above);
    void give_back_uprooted(Time now);

    // Whom a rule may protect: guard_trust.cpp.
    [[nodiscard]] bool lowers(const Snapshot& snapshot, const Finding& finding) const;
    [[nodiscard]] Result<bool> is_trusted(Process& process, const Rule& rule) const;
    Result<void> pass_over_distrusted(Process& process, Finding& finding) const;
    Result<void> distrust_descendant(Process& process, Finding& finding) const;
    void tell_distrust(const Snapshot& snapshot, const Finding& finding);

    // What keeps the machine killable: guard_rails.cpp.
    [[nodiscard]] Result<Clipping> clipping_of(Process& process, const Decision& decision);
    [[nodiscard]] std::optional<bool> was_unkillable(ProcessId id) const;
    void limit_unkillable_memory();
    [[nodiscard]] bool is_census_due(std::size_t processes) const;
    [[nodiscard]] bool may_be_too_broad() const;
    [[nodiscard]] std::optional<std::size_t> limited_index(const Rule& rule) const;
    [[nodiscard]] std::map<std::size_t, Share> count_all(const std::vector<Pid>& pids) const;
    void look_at_all_again();
    void hold_back_broad_rules(const std::vector<Pid>& pids);
    Result<void> count(Pid pid, Coverage& coverage, std::size_t& processes) const;

    // For systemd-oomd.
    [[nodiscard]] bool is_expected(Pid pid) const;
    [[nodiscard]] Result<RulePointer> wishing_rule(Process& process, const Finding& finding) const;
    void note_wish(Process& process, const Finding& finding);
    Result<void> try_note_wish(Process& process, const Finding& finding);
    void drop_wish(Pid pid);

    // Explaining: guard_explain.cpp.
    [[nodiscard]] const char* never_held_because(const Snapshot& snapshot) const;
    [[nodiscard]] Result<void> try_rules(Process& process, const Finding& finding, std::size_t end,
                                         const Telling& telling, std::vector<Trial>& trials) const;
    [[nodiscard]] Trial explain_exemption(const Snapshot& snapshot) const;
    [[nodiscard]] std::string descent_text(const Descent& descent) const;
    [[nodiscard]] std::optional<Trial> explain_descent(Process& process, const Finding& finding,
                                                       const Telling& telling) const;
    [[nodiscard]] std::optional<Trial> explain_unmarked(const Snapshot& snapshot,
                                                        const Finding& finding,
                                                        const Telling& telling) const;

    // Descendants.
    [[nodiscard]] bool is_stranger(const Snapshot& snapshot, std::optional<Pid> forked_from) const;
    [[nodiscard]] bool may_ascribe_orphans() const;
    [[nodiscard]] bool is_newborn(ProcessId id, std::optional<Pid> forked_from) const;
    [[nodiscard]] Result<void> look_back(Process& process, std::optional<Pid> forked_from,
                                         Finding& finding) const;
    [[nodiscard]] Result<void> find_by_descent(Process& process, Finding& finding) const;
    [[nodiscard]] bool is_reused(Pid pid) const;
    [[nodiscard]] std::vector<Heritage> heritages_of(Pid pid, std::uint64_t child_start) const;
    [[nodiscard]] Result<std::optional<Pid>> likely_forebear(Process& process, int score) const;
    [[nodiscard]] bool may_be_above(Pid above, Pid pid) const;
    [[nodiscard]] Result<bool> includes(const Descent& descent, Process& process,
                                        RulePointer& rule) const;
    [[nodiscard]] RulePointer including_rule(const Descent& descent) const;
    [[nodiscard]] bool has_ended(ProcessId id) const;
    [[nodiscard]] bool is_first_sight(ProcessId id) const;
    void judge_forebears(const Snapshot& snapshot, std::optional<Pid> forked_from, Time now);
    void disinherit(Process& process, const Finding& finding, const Decision& decision, Pid parent,
                    Time now);
    void give_back_to_sharer(Pid parent, int score);
    Known& know(const Snapshot& snapshot);
    void know_stranger(const Snapshot& snapshot);
    void note_order(Pid pid, Pid parent);
    void leave_heritage(const Holding& holding);
    void remember_unseen(Pid pid, Pid parent);
    void forget_ended(const std::vector<Pid>& sorted_pids);

    ProcessTable& table_;
    ScoreWriter& writer_;
    Observer& observer_;
    Pid self_;
    Options options_;
    bool forks_are_told_ = false;
    std::shared_ptr<const RuleSet> rules_ = std::make_shared<const RuleSet>();
    std::vector<std::uint64_t> matches_;
    Pins pins_;
    std::vector<Uprooted> uprooted_;
    std::optional<Error> last_refusal_;
    Holdings holdings_;
    OomdWishes wishes_;
    bool rules_wish_ = false;  ///< any of them has systemd_oomd
    bool must_count_ = false;  ///< whom each rule lowers: the rules are new
    std::map<std::size_t, Share> held_back_;
    UnkillableMemory unkillable_;
    /// Those that were found to have ended since the last sweep began: their orphans may not have
    /// been found yet.
    Holdings departed_;
    std::unordered_map<Pid, Known> known_;
    /// Of whom it was told that a rule may not protect them, and which.
    std::unordered_map<Pid, Distrust> distrusts_;
    /// While there is a sweep: those looked at before their parents were, and these.
    std::optional<std::vector<std::pair<Pid, Pid>>> out_of_order_;
    Counters counters_;
};

}  // namespace oomguard::daemon
