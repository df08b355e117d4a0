// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "daemon/kill_history.hpp"
#include "support/catch.hpp"
#include "support/temp_tree.hpp"

// A record of kills in a directory of the test's own.
namespace oomguard::daemon {

using oomguard::test::TempTree;

inline KillHistory history_in(const TempTree& tree, const std::string& boot = "boot") {
    return {tree.path("kills"), boot};
}

/// As the daemon that starts next, in another boot, reads it.
struct Reread {
    KillHistory history;
    std::size_t bad_lines = 0;

    explicit Reread(const TempTree& tree, const std::string& boot = "other")
        : history(history_in(tree, boot)) {
        const auto opened = history.open(true);
        REQUIRE(opened);
        bad_lines = *opened;
    }

    [[nodiscard]] std::vector<Pid> pids() const {
        std::vector<Pid> pids;
        for (const KillHistory::Entry& entry : history.entries())
            pids.push_back(entry.kill.id.pid);
        return pids;
    }
};

inline Kill kill_of(Pid pid) {
    Kill kill;
    kill.usec = 1'700'000'000'000'000;
    kill.id = {pid, 99};
    kill.name = "hog";
    kill.user = "ada";
    kill.cgroup = "/job";
    kill.rule = "keep";
    kill.score = -500;
    kill.killer = Killer::SystemdOomd;
    kill.memory = 4096;
    kill.limit = "?";
    kill.situation = "memory pressure was high";
    kill.why = "systemd-oomd does not look at it";
    kill.batch = 1'700'000'000'000'001;
    return kill;
}

}  // namespace oomguard::daemon
