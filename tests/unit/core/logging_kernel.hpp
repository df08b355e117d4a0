// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/kernel_kills.hpp"
#include "support/catch.hpp"

namespace oomguard::test {

/// The kernel's log. A record is a millisecond later than the one before.
struct Log {
    KernelKills kills{4096};
    std::uint64_t sequence = 0;
    std::uint64_t usec = 0;

    std::optional<Pid> say(const std::string& text) {
        usec += 1000;
        return kills.read({++sequence, usec, text});
    }

    std::optional<Pid> kill(const std::string& what, Pid pid, const std::string& name) {
        return say(what + ": Killed process " + std::to_string(pid) + " (" + name +
                   ") total-vm:103384kB, anon-rss:1024kB, file-rss:512kB, shmem-rss:0kB, "
                   "UID:1000 pgtables:156kB oom_score_adj:-17");
    }

    void invoke(int order = 0) {
        say("hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=" + std::to_string(order) +
            ", oom_score_adj=0");
    }

    void show_machine(int pages, int swap_free, int swap_total) {
        say("Mem-Info:");
        say("active_anon:1 inactive_anon:2 isolated_anon:0\n active_file:3 inactive_file:4 "
            "isolated_file:0\n bounce:0\n kernel_misc_reclaimable:0\n free:" +
            std::to_string(pages) + " free_pcp:63 free_cma:7");
        say("Free swap  = " + std::to_string(swap_free) + "kB");
        say("Total swap = " + std::to_string(swap_total) + "kB");
    }

    void show_cgroup(int usage, int limit) {
        say("memory: usage " + std::to_string(usage) + "kB, limit " + std::to_string(limit) +
            "kB, failcnt 72");
        say("swap: usage 0kB, limit 9007199254740988kB, failcnt 0");
        say("Memory cgroup stats for /tt:");
    }

    void choose_of_all(Pid pid, const std::string& name) {
        say("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/"
            ",mems_allowed=0,global_oom,"
            "task_memcg=/job,task=" +
            name + ",pid=" + std::to_string(pid) + ",uid=1000");
    }

    void choose_in(const std::string& limit, const std::string& cgroup, Pid pid,
                   const std::string& name) {
        say("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/"
            ",mems_allowed=0,oom_memcg=" +
            limit + ",task_memcg=" + cgroup + ",task=" + name + ",pid=" + std::to_string(pid) +
            ",uid=1000");
    }

    void kill_group(const std::string& cgroup) {
        say("Tasks in " + cgroup + " are going to be killed due to memory.oom.group set");
    }

    KernelKill only() {
        const auto found = kills.take();
        REQUIRE(found.size() == 1);
        return found.front();
    }

    /// What it knows of a kill from the line of its process alone.
    [[nodiscard]] KernelKill bare(Pid pid, const std::string& name) const {
        KernelKill kill;
        kill.sequence = kill.last_sequence = sequence;
        kill.usec = usec;
        kill.batch = sequence;
        kill.pid = pid;
        kill.name = name;
        kill.uid = 1000;
        kill.score = -17;
        kill.memory = std::uint64_t{1536} * 1024;
        return kill;
    }
};

inline const std::string kMachine = "Out of memory";
inline const std::string kCgroup = "Memory cgroup out of memory";
inline const std::string kAllocator = "Out of memory (oom_kill_allocating_task)";

}  // namespace oomguard::test
