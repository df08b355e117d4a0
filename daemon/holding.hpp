// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/decision.hpp"
#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard::daemon {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

/// How often something was tried in vain, and when it may be tried again.
class Backoff {
  public:
    /// The first tries come as they may; after them each pause is twice the one before.
    static constexpr unsigned kFreeTries = 5;
    static constexpr std::chrono::seconds kFirstPause{20};
    static constexpr std::chrono::seconds kLongestPause{600};

    [[nodiscard]] bool may_try(Time now) const { return now >= next_; }
    /// True once the free tries are used up.
    [[nodiscard]] bool is_pausing() const { return tries_ > kFreeTries; }
    void tried(Time now);

  private:
    unsigned tries_ = 0;
    Time last_{};
    Time next_{};
};

/// A rule in force, kept for as long as someone has it; null for none.
using RulePointer = std::shared_ptr<const Rule>;

/// Why -1000 is wanted and -999 held.
enum class Clipping {
    None,         ///< it is not so
    MemoryLimit,  ///< its cgroup, or one above, has a memory.max
    Unkillable,   ///< those at -1000 would use too much of the memory: see UnkillableMemory
};

/// A process that a rule means, or whose score we have written.
struct Holding {
    enum class State { Held, Drifting, Refused, DryRun };

    ProcessId id;
    std::string name;
    Pid parent = 0;
    Uid uid = 0;
    std::string rule;           ///< its name; empty if no rule means the process any more
    RulePointer rule_in_force;  ///< null until it is looked at with the rules in force
    std::optional<std::size_t> counted_for;  ///< of these: the last that counts it as matched
    std::optional<Descent> descent;  ///< of the nearest forebear that is held, if it has one
    bool is_by_descent = false;      ///< the rule means it as a descendant only
    bool may_keep = false;  ///< its score is by inheritance, and the parent's rule leaves it so
    Children children = Children::Reset;  ///< as the rule says
    /// Its rule may protect it, and so its descendants; see Guard::Finding.
    bool is_trusted = false;
    std::string cgroup;              ///< for orphans: see Guard::likely_forebear
    bool is_judged = false;          ///< looked at since the rules in force were set
    std::optional<Written> written;  ///< set once it has been held
    int original = 0;
    int wanted = 0;
    Clipping clipping = Clipping::None;
    int current = 0;
    State state = State::Held;
    unsigned drifts = 0;
    std::string last_error;            ///< why the last write failed; empty if it did not
    std::uint64_t departed_after = 0;  ///< how many sweeps had been begun when it had ended
    Backoff repairs;
    Backoff refusals;
};

/// What processes that a process has forked may have of it.
struct Heritage {
    std::optional<Written> written;  ///< the score they may carry
    Children children = Children::Reset;
    std::optional<Descent> descent;  ///< by which a rule means them; none if none does
};

/// A process that was looked at and is not held; or what a held one had before.
struct Known {
    std::uint64_t start_time = 0;  ///< 0: it had ended before it could be read
    /// Kept until all children that were born with it must have been found.
    std::unique_ptr<Heritage> heritage;
    unsigned sweeps = 0;  ///< since there is a heritage
    /// Of what it looked like when no rule meant it, and nothing but that had to be read to tell.
    /// 0: it has to be looked at whole.
    std::size_t likeness = 0;
    unsigned glances = 0;    ///< since it was last looked at whole
    bool has_family = true;  ///< its family may have counted for which rule means it
};

/// "held", "drifting", "refused" or "dry-run".
[[nodiscard]] const char* state_text(Holding::State state);

}  // namespace oomguard::daemon
