// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/process.hpp"
#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// The processes to look at, each once for any number of events, and when: at once after an
/// event; some time after a fork, because an exec mostly follows; and twice again later, because
/// programs move to another cgroup or set their own score just after their start.
class PendingSet {
  public:
    /// Where a rule may mean the child as it is; else it has time for the first recheck.
    static constexpr std::chrono::milliseconds kAfterFork{1};
    static constexpr std::chrono::milliseconds kFirstRecheck{100};
    static constexpr std::chrono::milliseconds kSecondRecheck{2000};

    /// An event that says: look at it now.
    void found(Pid pid, Time now);

    /// A fork: the child is as its parent was until it does something, so there is time. Never
    /// takes the place of an exec that was seen first.
    void forked(Pid pid, Time now, std::chrono::milliseconds pause);

    /// It has ended.
    void ended(Pid pid);

    /// Something happened to a process, and it is not known to which: those that were found
    /// lately are due now.
    void hurry(Time now);

    /// When the next is due; nullopt if none is pending.
    [[nodiscard]] std::optional<Time> next_due() const;

    /// True if it is to be looked at, now or later.
    [[nodiscard]] bool contains(Pid pid) const { return entries_.contains(pid); }

    /// True if it is to be looked at now.
    [[nodiscard]] bool is_due(Pid pid, Time now) const;

    /// Those that are due, at most `most` of them. Each stays pending if it has to be looked at
    /// again.
    [[nodiscard]] std::vector<Pid> take_due(Time now, std::size_t most);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        Time found;
        Time due;
    };

    void schedule(Pid pid, Entry& entry, Time due);
    void unschedule(Pid pid, Time due);

    std::unordered_map<Pid, Entry> entries_;
    std::multimap<Time, Pid> queue_;
};

}  // namespace oomguard::daemon
