// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::test {

inline constexpr const char* kConnectorOnly =
    "sources: {proc_connector: true, cgroups: false, exec_doorbell: false, sweep: false}\n";

/// A copy of the daemon's own descriptor of its proc connector, which has the larger buffer than
/// the alarm; none if it has none.
inline sys::UniqueFd connector_of(pid_t daemon) {
    const sys::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, daemon, 0)));
    const auto option = [](const sys::UniqueFd& fd, int name) {
        int value = -1;
        socklen_t size = sizeof(value);
        return ::getsockopt(fd.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    constexpr int kMost = 64;
    sys::UniqueFd connector;
    for (int number = 0; number < kMost; ++number) {
        sys::UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
        if (fd && option(fd, SO_DOMAIN) == AF_NETLINK &&
            option(fd, SO_PROTOCOL) == NETLINK_CONNECTOR &&
            (!connector || option(fd, SO_RCVBUF) > option(connector, SO_RCVBUF)))
            connector = std::move(fd);
    }
    return connector;
}

/// How many messages the kernel has dropped of those for the daemon's proc connector.
inline std::uint32_t drops_of(pid_t daemon) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof(memory);
    const sys::UniqueFd connector = connector_of(daemon);
    return ::getsockopt(connector.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0
               ? memory.at(SK_MEMINFO_DROPS)
               : 0;
}

/// A daemon with a rule for a program, and two programs: one that makes a storm of short-lived
/// processes, and one that starts those that the rule means.
struct Storm {
    /// The score is to be one that no other test gives to orphans: after a loss of events an orphan
    /// with the score of a held process in the same cgroup is taken for a child of it, and here all
    /// tests share a cgroup.
    explicit Storm(const std::string& settings, int the_score = 317) : score(the_score) {
        daemon.write_settings(settings);
        daemon.write_rules("10-test.yaml", program_rule(name, score));
    }

    /// Starts the daemon. False, said as a warning, if the proc connector does not work here.
    [[nodiscard]] bool start_with_connector() {
        daemon.start();
        (void)eventually([&] {
            const auto [works, reason] = daemon.client().source("proc-connector");
            return works || !reason.empty();
        });
        const auto [works, reason] = daemon.client().source("proc-connector");
        if (!works)
            WARN("skipped, the proc connector does not work here: " << reason);
        // Once it works it asks for a look at everything: what comes after is its find.
        return works && eventually([&] { return daemon.client()->Sweeps() >= 2; });
    }

    void start_one() { survivors.push_back(starter.tell({"spawn", path})); }

    /// While the daemon is stopped: so many processes, or more, over so many seconds that the
    /// kernel drops events for it. Among them some that the rule means.
    void overwhelm(int forks, int seconds, int meant) {
        bool has_dropped = false;
        constexpr int kMost = 10;
        for (int storms = 0; storms < kMost && !has_dropped; ++storms) {
            forking.begin({"storm", std::to_string(forks), std::to_string(seconds)});
            for (int count = 0; count < meant; ++count)
                start_one();
            forking.answer();
            has_dropped = drops_of(daemon.pid()) > 0;
        }
        REQUIRE(has_dropped);
    }

    void check_survivors() {
        for (const pid_t pid : survivors) {
            CAPTURE(pid);
            CHECK(comes_to(pid, score));
        }
        const bool all_listed =
            eventually([&] { return daemon.client().processes().size() == survivors.size(); });
        CHECK(all_listed);
    }

    int score;
    Programs programs;
    std::string name = programs.unique_name();
    std::string path = programs.add(name);
    Subject starter = programs.start(programs.unique_name());
    Subject forking = programs.start(programs.unique_name());
    std::vector<pid_t> survivors;
    GuardDaemon daemon;
};

}  // namespace oomguard::test
