// SPDX-License-Identifier: MIT
#include <limits>

#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/translation.hpp"

namespace oomguard::daemon {
namespace {

/// A score that could not be read.
constexpr std::int32_t kNoScore = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::vector<ManagerObject::KillRow> ManagerObject::kills() {
    std::vector<KillRow> rows;
    for (const auto& [kill, place] : control_.kills().entries())
        rows.emplace_back(kill.usec, bus_pid(kill.id.pid), kill.id.start_time, kill.name, kill.user,
                          kill.cgroup, kill.rule, kill.score.value_or(kNoScore),
                          killer_text(kill.killer), kill.memory, kill.limit, kill.situation,
                          kill.why, kill.batch);
    return rows;
}

void ManagerObject::process_killed(const Kill& kill) {
    tell_of_process("ProcessKilled", kill.usec, bus_pid(kill.id.pid), kill.id.start_time, kill.name,
                    kill.user, kill.cgroup, kill.rule, kill.score.value_or(kNoScore),
                    killer_text(kill.killer), kill.memory, kill.limit, kill.situation, kill.why,
                    kill.batch);
}

}  // namespace oomguard::daemon
