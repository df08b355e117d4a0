// SPDX-License-Identifier: MIT
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kConnectorOnly =
    "sources: {proc_connector: true, cgroups: false, exec_doorbell: false, sweep: false}\n";

/// Two programs: one that makes a storm of short-lived processes, and one that starts others.
struct Storm {
    explicit Storm(const std::string& settings) {
        daemon.write_settings(settings);
        daemon.write_rules("10-test.yaml", program_rule(name, 300));
        daemon.start();
    }

    [[nodiscard]] bool connector_works() {
        (void)eventually([&] {
            const auto [works, reason] = daemon.client().source("proc-connector");
            return works || !reason.empty();
        });
        const auto [works, reason] = daemon.client().source("proc-connector");
        if (!works)
            WARN("skipped, the proc connector does not work here: " << reason);
        return works;
    }

    void start_one() { survivors.push_back(starter.tell({"spawn", path})); }

    void check_survivors() {
        for (const pid_t pid : survivors) {
            CAPTURE(pid);
            CHECK(comes_to(pid, 300));
        }
        const bool all_listed =
            eventually([&] { return daemon.client().processes().size() == survivors.size(); });
        CHECK(all_listed);
    }

    Programs programs;
    std::string name = programs.unique_name();
    std::string path = programs.add(name);
    Subject starter = programs.start(programs.unique_name());
    Subject forking = programs.start(programs.unique_name());
    std::vector<pid_t> survivors;
    GuardDaemon daemon;
};

TEST_CASE("Among 2,000 short-lived processes none of those that match is missed") {
    Storm storm(GENERATE(as<std::string>{}, "", kConnectorOnly));
    if (!storm.connector_works())
        return;
    storm.forking.begin({"storm", "2000"});
    for (int count = 0; count < 60; ++count)
        storm.start_one();
    storm.forking.answer();
    storm.check_survivors();
}

/// How many messages the kernel has dropped of those for the daemon's proc connector.
unsigned long drops_of(pid_t daemon) {
    constexpr int kConnector = 11;  // NETLINK_CONNECTOR
    std::ifstream table("/proc/net/netlink");
    std::string line;
    std::getline(table, line);
    unsigned long drops = 0;
    while (std::getline(table, line)) {
        std::istringstream row(line);
        std::string address, groups, unused;
        int protocol = 0;
        long owner = 0;
        unsigned long dropped = 0;
        row >> address >> protocol >> owner >> groups >> unused >> unused >> unused >> unused >>
            dropped;
        if (protocol == kConnector && owner == daemon)
            drops += dropped;
    }
    return drops;
}

TEST_CASE("After 20,000 forks that the daemon could not follow none is missed") {
    // Without a sweep of its own: it is the loss that makes it look at everything.
    Storm storm(kConnectorOnly);
    if (!storm.connector_works())
        return;
    storm.daemon.send_signal(SIGSTOP);
    storm.start_one();
    // So many, or more: until the kernel drops events.
    bool has_dropped = false;
    for (int storms = 0; storms < 10 && !has_dropped; ++storms) {
        storm.forking.begin({"storm", "20000"});
        for (int count = 0; count < 10; ++count)
            storm.start_one();
        storm.forking.answer();
        has_dropped = drops_of(storm.daemon.pid()) > 0;
    }
    REQUIRE(has_dropped);
    storm.start_one();
    storm.daemon.send_signal(SIGCONT);
    storm.check_survivors();
    CHECK(storm.daemon.client()->Overruns() > 0);
    CHECK_FALSE(storm.daemon.logged("source proc-connector lost events").empty());

    // It has subscribed again.
    storm.start_one();
    storm.check_survivors();
    CHECK(storm.daemon.client().source("proc-connector") == std::pair(true, std::string()));
}

TEST_CASE("The sweep alone makes up for everything that happened while the daemon was stopped") {
    Storm storm(
        "sweep_interval_without_events: 200ms\n"
        "sources: {proc_connector: false, cgroups: false, exec_doorbell: false}\n");
    storm.daemon.send_signal(SIGSTOP);
    for (int count = 0; count < 20; ++count)
        storm.start_one();
    storm.daemon.send_signal(SIGCONT);
    storm.check_survivors();
}

}  // namespace
}  // namespace oomguard::test
