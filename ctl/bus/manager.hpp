// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ctl/bus/event.hpp"
#include "ctl/bus/rows.hpp"

namespace oomguard::ctl {

/// The running daemon, on the system bus of this or another machine. A query never starts a daemon
/// that is not running. Every method throws Failure, with what to do next.
class Manager {
  public:
    /// `host`: [USER@]HOST to be reached over ssh; empty for this machine.
    explicit Manager(const std::string& host);
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager();

    /// The daemon's own; of another machine, it means nothing here.
    [[nodiscard]] std::int32_t pid();
    [[nodiscard]] DaemonState state();
    [[nodiscard]] std::vector<ProcessRow> processes();
    [[nodiscard]] std::vector<MemoryRow> memory();
    [[nodiscard]] std::vector<RuleRow> rules();
    [[nodiscard]] std::vector<Event> events();
    /// The oldest first.
    [[nodiscard]] std::vector<KillRow> kills();
    /// The arguments are read here: the daemon asks no process for them, because a process that is
    /// short of memory may not answer. Of another machine there are none.
    [[nodiscard]] Details details(std::uint32_t pid);
    [[nodiscard]] std::vector<TrialRow> explain(std::uint32_t pid);
    /// `limit` 0 is all of them.
    [[nodiscard]] std::vector<RankRow> rank(std::uint32_t limit);
    [[nodiscard]] std::vector<RankRow> rank_cgroup(const std::string& cgroup, std::uint32_t limit);

    void hold(std::uint32_t pid, std::int32_t value);
    void hold_tree(std::uint32_t pid, std::int32_t value);
    void release(std::uint32_t pid);
    /// The generation in force afterwards.
    std::uint64_t reload();
    /// How many processes there are.
    std::uint32_t rescan();

    /// Every signal from now on, while wait() runs. It may throw.
    void on_event(std::function<void(const Event&)> handler);

    /// Waits until `fd` can be read (-1: none), or the time is over, and hands on what signals
    /// come meanwhile. True if `fd` can be read. Throws Failure when the daemon goes away.
    bool wait(std::chrono::milliseconds timeout, int fd = -1);

  private:
    class Connection;

    template <typename Call>
    auto told(Call call) const;

    std::string host_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace oomguard::ctl
