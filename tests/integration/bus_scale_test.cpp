// SPDX-License-Identifier: MIT
#include <chrono>
#include <set>

#include "bus.hpp"
#include "support/catch.hpp"

// Two thousand processes held at once: the bus has to stand it.
namespace oomguard::test {

TEST_CASE("thousands of held processes are listed, and their signals are bounded and counted") {
    constexpr std::uint64_t kChildren = 2000;
    constexpr std::uint64_t kMostASecond = 500;
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    for (std::uint64_t child = 0; child < kChildren; ++child)
        subject.tell({"fork"});
    GuardDaemon daemon;
    daemon.write_settings(
        "sources: {proc_connector: false, cgroups: false, exec_doorbell: false, rule_files: "
        "false}\nsweep_interval: 1h\nsweep_interval_without_events: 1h\n");
    daemon.start();
    daemon.client().forget_signals();
    const auto start = std::chrono::steady_clock::now();
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    CHECK(daemon.client()->Reload() == 2);
    const auto taken =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    CHECK(daemon.client()->HeldCount() == kChildren + 1);
    CHECK(daemon.client().rule("keep")->held == kChildren + 1);

    const auto rows = daemon.client().processes();
    REQUIRE(rows.size() == kChildren + 1);
    std::set<pid_t> pids;
    for (const auto& row : rows) {
        pids.insert(row.pid);
        if (row.name != name || row.current != 345 || row.state != "held")
            FAIL_CHECK("process " << row.pid << " is " << row.state << " at " << row.current);
    }
    CHECK(pids.size() == rows.size());

    const auto suppressed = daemon.client()->SignalsSuppressed();
    REQUIRE(daemon.client().wait_for("RulesReloaded"));
    const std::uint64_t told = daemon.client().count("ProcessHeld");
    CHECK(told + suppressed == kChildren + 1);
    CHECK(told >= kMostASecond);
    CHECK(told <= kMostASecond * static_cast<std::uint64_t>(taken.count() + 1));
}

}  // namespace oomguard::test
