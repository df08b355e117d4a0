// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

// What the methods of org.oomguard1.Manager answer, by name. What each means: org.oomguard1(5).
namespace oomguard::ctl {

struct ProcessRow {
    std::uint32_t pid = 0;
    std::uint64_t start_time = 0;
    std::string name;
    std::string user;
    std::string rule;
    std::int32_t original = 0;
    std::int32_t wanted = 0;
    std::int32_t current = 0;
    std::string state;
};

struct RuleRow {
    std::string name;
    std::string origin;
    std::string value;
    std::uint32_t held = 0;
    std::uint32_t refused = 0;
    std::uint64_t matches = 0;
};

struct MemoryRow {
    std::uint32_t pid = 0;
    std::uint64_t start_time = 0;
    std::uint64_t bytes = 0;
};

struct TrialRow {
    std::string rule;
    std::string origin;
    std::string verdict;
    std::string reason;
};

struct RankRow {
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

    std::uint32_t pid = 0;
    std::uint64_t start_time = 0;
    std::string name;
    std::string user;
    std::string cgroup;
    std::string rule;
    std::uint64_t memory = 0;  ///< bytes
    std::int32_t score = 0;
    std::int32_t unruled_score = 0;
    std::int64_t points = 0;  ///< kNever: never killed
    std::int64_t unruled_points = 0;
    std::uint32_t unruled_place = 0;  ///< from 1; 0: never killed without the rules
    std::string group;                ///< the cgroup that dies with it; empty if none does
};

struct KillRow {
    static constexpr std::int32_t kNoScore = std::numeric_limits<std::int32_t>::max();

    std::uint64_t when = 0;  ///< CLOCK_REALTIME, microseconds
    std::uint32_t pid = 0;   ///< 0: a cgroup whose processes were not seen
    std::uint64_t start_time = 0;
    std::string name;
    std::string user;
    std::string cgroup;
    std::string rule;
    std::optional<std::int32_t> score;  ///< oom_score_adj at death; none: not known
    std::string killer;
    std::uint64_t memory = 0;  ///< bytes; 0: not known
    std::string limit;         ///< the cgroup that ran out of memory; empty: the machine
    std::string situation;
    std::string why;  ///< protection did not help; empty if there was none
    std::uint64_t batch = 0;
};

struct SourceRow {
    std::string name;
    bool works = false;
    std::string reason;  ///< why not
};

/// GetProcess.
struct Details {
    std::uint32_t pid = 0;
    std::uint64_t start_time = 0;
    std::string name;
    std::uint32_t uid = 0;
    std::string user;
    std::string cgroup;
    std::uint32_t parent_pid = 0;
    std::string rule;
    std::string origin;
    std::string value;
    std::string children;
    std::int32_t original = 0;
    std::int32_t wanted = 0;
    std::int32_t current = 0;
    std::string state;
    std::uint32_t drifts = 0;
    std::string last_error;
    std::string cmdline;  ///< not of GetProcess; empty of another machine
    std::string exe;
    std::string unit;
    std::uint64_t memory = 0;
    std::uint32_t oom_score = 0;
    bool memory_limited = false;
    std::string oomd_preference;
    std::string oomd_wanted;
};

/// The properties.
struct DaemonState {
    std::string version;
    std::uint64_t started = 0;  ///< CLOCK_REALTIME, microseconds
    std::uint64_t generation = 0;
    std::uint32_t rules = 0;
    std::uint32_t processes = 0;
    std::vector<SourceRow> sources;
    std::vector<std::string> degraded;
    bool dry_run = false;
    std::uint64_t written = 0;
    std::uint64_t drifts_repaired = 0;
    std::uint64_t writes_refused = 0;
    std::uint64_t overruns = 0;
    std::uint64_t sweeps = 0;
    std::uint64_t last_sweep = 0;  ///< CLOCK_REALTIME, microseconds; 0: none yet
    std::uint64_t signals_suppressed = 0;
};

}  // namespace oomguard::ctl
