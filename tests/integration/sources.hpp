// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/guard_daemon.hpp"
#include "ways.hpp"

// What tests have in common that try single sources of news.
namespace oomguard::test {

/// The settings of the sources.
inline std::string sources(bool proc_connector, bool cgroups, bool exec_doorbell, bool sweep) {
    const auto text = [](bool on) { return on ? "true" : "false"; };
    return std::string("sources: {proc_connector: ") + text(proc_connector) +
           ", cgroups: " + text(cgroups) + ", exec_doorbell: " + text(exec_doorbell) +
           ", sweep: " + text(sweep) + "}\n";
}

inline constexpr const char* kShortSweeps =
    "sweep_interval: 300ms\nsweep_interval_without_events: 300ms\n";

/// True once the source works. If it cannot on this machine, the test says so and is skipped.
inline bool works(GuardDaemon& daemon, const std::string& source) {
    (void)eventually([&] {
        const auto [is_working, reason] = daemon.client().source(source);
        return is_working || !reason.empty();
    });
    const auto [is_working, reason] = daemon.client().source(source);
    // The connector asks for a look at everything once it works: what comes after is its find.
    if (is_working && source == "proc-connector")
        REQUIRE(eventually([&] { return daemon.client()->Sweeps() >= 2; }));
    if (!is_working)
        WARN("skipped, source " << source << " does not work here: " << reason);
    return is_working;
}

using Needed = bool (*)(const Way&);

inline bool every_way(const Way& /*way*/) {
    return true;
}

/// Starts the daemon with the rules of the ways. False if the source, if one is named, cannot work.
inline bool start_with(GuardDaemon& daemon, const Ways& ways, const std::string& settings,
                       const std::string& source) {
    daemon.write_settings(settings);
    daemon.write_rules("10-ways.yaml", ways.rules());
    daemon.start();
    return source.empty() || works(daemon, source);
}

}  // namespace oomguard::test
