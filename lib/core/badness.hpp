// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/process.hpp"

namespace oomguard {

// Whom the kernel's OOM killer chooses: oom_badness() and select_bad_process() in mm/oom_kill.c,
// the same from Linux 5.9 to 6.12. Not told apart here, because /proc does not show them: one that
// is being killed already, one between vfork(2) and exec, and swapoff(8), whom the kernel prefers.

/// The points of a process that the kernel never kills, LONG_MIN.
inline constexpr std::int64_t kNeverKilled = std::numeric_limits<std::int64_t>::min();

/// Points in pages: what a process has in memory, in swap and in page tables, and for each unit of
/// its score the thousandth part, rounded down, of all there is: RAM and swap of the machine, or
/// what the memory cgroup may have that has run out.
[[nodiscard]] std::int64_t badness(std::uint64_t pages, int score, std::uint64_t total_pages);

/// A process that has memory, and so can be chosen.
struct Candidate {
    ProcessId id;
    std::string name;  ///< the kernel's comm
    Uid uid = 0;       ///< the real one
    std::string cgroup;
    std::string rule;         ///< that means it; may be empty
    std::uint64_t pages = 0;  ///< resident, swapped, and of page tables
    int score = 0;            ///< its oom_score_adj
    int unruled_score = 0;    ///< what that would be without the rules
    std::string group;        ///< the cgroup that is killed with it (memory.oom.group), or empty
};

struct Ranked {
    Candidate candidate;
    std::int64_t points = kNeverKilled;
    std::int64_t unruled_points = kNeverKilled;  ///< with the score that it had without the rules
    std::uint32_t unruled_place = 0;             ///< by these, from 1; 0 if never
};

/// Puts candidates in the order in which the kernel goes through all processes: the order in which
/// they were made. Those of one clock tick by pid.
void sort_by_age(std::vector<Candidate>& candidates);

/// The order in which they would be killed, the first first. The candidates are given in the order
/// in which the kernel goes through them: of equals it takes the last. Those never killed come
/// last, the largest first.
[[nodiscard]] std::vector<Ranked> rank(std::vector<Candidate> candidates,
                                       std::uint64_t total_pages);

}  // namespace oomguard
