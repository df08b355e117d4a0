// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/kill_recorder.hpp"
#include "support/catch.hpp"

namespace oomguard::daemon {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const std::string kNow = "little was available";

/// A recorder, the processes that can be looked up, and a clock that moves only when it is told to.
class Recording {
  public:
    struct Told {
        Kill kill;
        std::optional<std::uint64_t> sequence;
    };

    static constexpr std::uint64_t kRealtime = 1'700'000'000'000'000;
    static constexpr std::uint64_t kLogTime = 5'000'000'000;

    /// A process that can be looked up: 99 is its start time.
    Victim& add(Pid pid, const std::string& cgroup = "/job") {
        Victim& victim = there[pid];
        victim.id = {pid, 99};
        victim.name = "hog";
        victim.uid = 1000;
        victim.cgroup = cgroup;
        victim.score = 7;
        victim.memory = 4096;
        return victim;
    }

    /// One that a rule holds at -500.
    Victim& add_protected(Pid pid, const std::string& cgroup = "/job") {
        Victim& victim = add(pid, cgroup);
        victim.rule = "keep";
        victim.score = -500;
        victim.protection.wanted = -500;
        return victim;
    }

    /// It ends, is seen to do so, and is gone.
    void end(Pid pid, int signal = SIGKILL) {
        recorder.ended(pid, signal, now);
        there.erase(pid);
    }

    void kernel_says(const std::string& text, bool is_past = false) {
        recorder.kernel_logged({++sequence, log_time(), text}, is_past, now);
    }

    void kernel_kills(Pid pid, bool is_past = false, const std::string& what = "Out of memory") {
        kernel_says(what + ": Killed process " + std::to_string(pid) +
                        " (hog) total-vm:9000kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, "
                        "UID:1000 pgtables:156kB oom_score_adj:-17",
                    is_past);
    }

    /// Time passes, and the recorder is called when, and only when, it asks for that.
    void pass(milliseconds time) {
        const Time end = now + time;
        for (auto due = recorder.next_due(); due && *due <= end; due = recorder.next_due()) {
            REQUIRE(*due >= now);
            now = *due;
            recorder.settle(now);
            REQUIRE(recorder.next_due() != due);
        }
        now = end;
    }

    /// What comes of it when nothing else happens: no more is due then.
    const std::vector<Told>& all_told() {
        pass(std::chrono::minutes(1));
        CHECK_FALSE(recorder.next_due());
        return told;
    }

    Kill only_told() {
        REQUIRE(all_told().size() == 1);
        return told.front().kill;
    }

    /// What is told of a process of add(), killed now.
    [[nodiscard]] Kill killed(Pid pid, Killer killer) const {
        Kill kill;
        kill.usec = kill.batch = realtime();
        kill.id = {pid, 99};
        kill.name = "hog";
        kill.user = "user 1000";
        kill.cgroup = "/job";
        kill.score = 7;
        kill.killer = killer;
        kill.memory = 4096;
        kill.situation = kNow;
        return kill;
    }

    [[nodiscard]] std::uint64_t realtime() const { return kRealtime + since_start(); }
    [[nodiscard]] std::uint64_t log_time() const { return kLogTime + since_start(); }

    std::map<Pid, Victim> there;
    Time now{seconds(1000)};
    std::uint64_t start_time_now = 99;
    std::uint64_t sequence = 500;
    std::vector<Told> told;
    KillRecorder recorder{4096,
                          {.look_up =
                               [this](Pid pid) {
                                   const auto found = there.find(pid);
                                   return found == there.end() ? std::nullopt
                                                               : std::optional(found->second);
                               },
                           .user = [](Uid uid) { return "user " + std::to_string(uid); },
                           .situation = [] { return kNow; },
                           .realtime = [this] { return realtime(); },
                           .log_time = [this] { return log_time(); },
                           .start_time_now = [this] { return start_time_now; },
                           .killed =
                               [this](const Kill& kill, std::optional<std::uint64_t> place) {
                                   told.push_back({kill, place});
                               }}};

  private:
    [[nodiscard]] std::uint64_t since_start() const {
        const auto passed = now - Time{seconds(1000)};
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
    }
};

}  // namespace oomguard::daemon
