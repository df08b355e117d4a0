// SPDX-License-Identifier: MIT
#include "storm.hpp"

#include <string>
#include <utility>

#include "support/wait.hpp"

namespace oomguard::test {
namespace {

TEST_CASE("Among 2,000 short-lived processes none of those that match is missed") {
    Storm storm(GENERATE(as<std::string>{}, "", kConnectorOnly));
    if (!storm.start_with_connector())
        return;
    storm.forking.begin({"storm", "2000"});
    for (int count = 0; count < 60; ++count)
        storm.start_one();
    storm.forking.answer();
    storm.check_survivors();
}

TEST_CASE("After 20,000 forks within 10 seconds that the daemon was stopped for none is missed") {
    // Without a sweep of its own: it is the loss that makes it look at everything.
    Storm storm(kConnectorOnly);
    storm.daemon.extra_environment = {{"WATCHDOG_USEC", "4000000"}};
    if (!storm.start_with_connector())
        return;
    Subject changed = storm.programs.start(storm.name);
    storm.survivors.push_back(changed.pid());
    REQUIRE(comes_to(changed.pid(), storm.score));
    storm.daemon.send_signal(SIGSTOP);
    changed.tell({"score", "5"});
    storm.start_one();
    storm.overwhelm(20'000, 10, 10);
    storm.start_one();
    const auto answers = storm.daemon.notifications().count("WATCHDOG=1");
    storm.daemon.send_signal(SIGCONT);
    storm.check_survivors();
    CHECK(storm.daemon.client()->Overruns() > 0);
    CHECK_FALSE(storm.daemon.logged("source proc-connector lost events").empty());

    // It has subscribed again, and the watchdog is answered.
    storm.start_one();
    storm.check_survivors();
    CHECK(storm.daemon.client().source("proc-connector") == std::pair(true, std::string()));
    CHECK(wait_until(
        storm.daemon.notifications().fd(),
        [&] { return storm.daemon.notifications().count("WATCHDOG=1") > answers + 1; },
        std::chrono::seconds(20)));
}

TEST_CASE("The orphans of held processes are found although events of their forks were lost") {
    Storm storm(kConnectorOnly, 318);
    storm.daemon.write_rules("10-test.yaml",
                             rule_file({rule("family", "{name: " + storm.name + "}",
                                             std::to_string(storm.score), "children: include")}));
    if (!storm.start_with_connector())
        return;
    Subject parent = storm.programs.start(storm.name);
    storm.survivors.push_back(parent.pid());
    REQUIRE(comes_to(parent.pid(), storm.score));
    storm.daemon.send_signal(SIGSTOP);
    storm.overwhelm(20'000, 1, 0);
    storm.survivors.push_back(
        parent.tell({"daemonize", storm.programs.add(storm.programs.unique_name())}));
    storm.daemon.send_signal(SIGCONT);
    storm.check_survivors();
}

TEST_CASE("The sweep alone makes up for everything that happened while the daemon was stopped") {
    Storm storm(
        "sweep_interval_without_events: 200ms\n"
        "sources: {proc_connector: false, cgroups: false, exec_doorbell: false}\n");
    storm.daemon.start();
    storm.daemon.send_signal(SIGSTOP);
    for (int count = 0; count < 20; ++count)
        storm.start_one();
    storm.daemon.send_signal(SIGCONT);
    storm.check_survivors();
}

}  // namespace
}  // namespace oomguard::test
