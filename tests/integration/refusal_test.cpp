// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <sys/capability.h>

#include "daemon/holding.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"
#include "sys/capability.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kRaiseOnly =
    "raise-only: scores cannot be lowered without CAP_SYS_RESOURCE; run the daemon by its unit "
    "oom-guardd.service, or give it the capability";

bool may_lower() {
    const bool may = sys::may_use(CAP_SYS_RESOURCE);
    if (may)
        WARN("skipped: with CAP_SYS_RESOURCE nothing is refused");
    return may;
}

/// A process that a rule wants lower than the kernel lets it.
struct Refused {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;

    Refused() {
        daemon.write_rules("10-test.yaml", program_rule(name, -500));
        daemon.start();
        REQUIRE(daemon.client().wait_for("WriteRefused", subject.pid()));
    }
};

TEST_CASE("A lowering that the kernel refuses is told once, with the remedy, and not repeated") {
    if (may_lower())
        return;
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const pid_t pid = subject.pid();
    const std::string pid_text = std::to_string(pid);
    const std::string error = "write /proc/" + pid_text + "/oom_score_adj: Permission denied";
    GuardDaemon daemon;
    daemon.write_settings("sweep_interval: 150ms\n");
    daemon.write_rules("10-test.yaml", program_rule(name, -500));
    daemon.start();
    auto& client = daemon.client();

    const auto told = client.wait_for("WriteRefused", pid);
    REQUIRE(told);
    CHECK(told->process == name);
    CHECK(told->rule == "test");
    CHECK(told->wanted == -500);
    CHECK(told->current == 0);
    CHECK(told->text == error);

    const auto sweeps = client->Sweeps();
    REQUIRE(eventually([&] { return client->Sweeps() > sweeps + 15; }));
    CHECK(client->WritesRefused() == daemon::Backoff::kFreeTries + 1);
    CHECK(client.count("WriteRefused") == 1);
    CHECK(client->Written() == 0);
    CHECK(read_score(pid) == 0);
    const auto listed = client.process(pid);
    REQUIRE(listed);
    CHECK(listed->state == "refused");
    CHECK(listed->original == 0);
    CHECK(listed->wanted == -500);
    CHECK(listed->current == 0);
    CHECK(client.rule("test")->refused == 1);
    CHECK(client.rule("test")->held == 0);
    CHECK(client->GetProcess(static_cast<std::uint32_t>(pid)).at("LastError").get<std::string>() ==
          error);
    const auto degraded = client->Degraded();
    CHECK(std::count(degraded.begin(), degraded.end(), kRaiseOnly) == 1);
    CHECK(std::count(degraded.begin(), degraded.end(),
                     "1 process could not be set; see ListProcesses and the log") == 1);
    CHECK(daemon.logged("cannot set") ==
          std::vector<std::string>{
              "error: cannot set '" + name + "' (pid " + pid_text +
              ") from 0 to -500 for rule 'test': " + error +
              "; lowering a score needs CAP_SYS_RESOURCE, which this daemon does not have: run it "
              "by its unit oom-guardd.service"});
    CHECK(daemon.logged("raise-only: scores cannot be lowered without CAP_SYS_RESOURCE; run") ==
          std::vector<std::string>{std::string("warning: degraded: ") + kRaiseOnly});
    CHECK(daemon.notifications().status().find(
              "raise-only: scores cannot be lowered without CAP_SYS_RESOURCE") !=
          std::string::npos);
}

TEST_CASE("A process that was refused is held once its rule asks for what is allowed") {
    if (may_lower())
        return;
    Refused refused;
    GuardDaemon& daemon = refused.daemon;
    const pid_t pid = refused.subject.pid();
    const auto loads = daemon.loads();
    daemon.write_rules("10-test.yaml", program_rule(refused.name, 200));
    REQUIRE(daemon.wait_for_load(loads));
    CHECK(read_score(pid) == 200);
    CHECK(daemon.client().process(pid)->state == "held");
    CHECK(daemon.client().process(pid)->original == 0);
}

TEST_CASE("A refused process is not on record: nothing of it has to be given back") {
    if (may_lower())
        return;
    Refused refused;
    refused.daemon.restart();
    CHECK(refused.daemon.logged("took over").empty());
    CHECK(read_score(refused.subject.pid()) == 0);
}

}  // namespace
}  // namespace oomguard::test
