// SPDX-License-Identifier: MIT
#include <string>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

/// A daemon that has a rule for a program.
struct Running {
    explicit Running(const std::string& settings) {
        daemon.write_settings(settings);
        daemon.write_rules("10-test.yaml", program_rule(name, 300));
        daemon.start();
    }
    void set(const std::string& settings) {
        const auto loads = daemon.loads();
        daemon.write_settings(settings);
        REQUIRE(daemon.wait_for_load(loads));
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
};

TEST_CASE("A dry run writes nothing and says what it would do, and switched off it does it") {
    Running running("dry_run: true\n");
    const pid_t pid = running.subject.pid();
    CHECK(running.daemon.client()->DryRun());
    CHECK(read_score(pid) == 0);
    const auto listed = running.daemon.client().process(pid);
    REQUIRE(listed);
    CHECK(listed->rule == "test");
    CHECK(listed->original == 0);
    CHECK(listed->wanted == 300);
    CHECK(listed->current == 0);
    CHECK(listed->state == "dry-run");
    CHECK(running.daemon.client()->HeldCount() == 0);
    CHECK(running.daemon.client()->Written() == 0);
    CHECK(
        running.daemon.wait_for_status(" by 1 rule; dry run, nothing is written, 1 more would "
                                       "be held"));
    const std::vector<std::string> said = {"info: dry run: would set '" + running.name + "' (pid " +
                                           std::to_string(pid) + ") to 300, is 0, by rule 'test'"};
    CHECK(running.daemon.logged("would set") == said);

    running.set("dry_run: false\n");
    CHECK_FALSE(running.daemon.client()->DryRun());
    CHECK(read_score(pid) == 300);
    CHECK(running.daemon.client().process(pid)->state == "held");
    CHECK(running.daemon.client()->HeldCount() == 1);

    // On again: what is held stays, what drifts is only told.
    running.set("dry_run: true\nsweep_interval: 200ms\n");
    REQUIRE(write_score(pid, 9));
    CHECK(eventually([&] { return running.daemon.client().process(pid)->state == "dry-run"; }));
    CHECK(read_score(pid) == 9);
    CHECK(running.daemon.client()->Written() == 1);
}

TEST_CASE("A dry run that stops says how many scores it would have set") {
    Running running("dry_run: true\n");
    Subject other = running.programs.start(running.name);
    // A process that has the value by itself is held already.
    Subject equal = running.programs.start(running.name);
    equal.tell({"score", "300"});
    CHECK(running.daemon.client()->Rescan() > 0);
    CHECK(running.daemon.wait_for_status("Holding 1 of "));
    CHECK(running.daemon.wait_for_status("; dry run, nothing is written, 2 more would be held"));
    CHECK(running.daemon.stop() == 0);
    CHECK(running.daemon.logged("stopping") ==
          std::vector<std::string>{
              "info: stopping; 0 scores left as set, 2 more would be: this is a dry run"});
}

TEST_CASE("The option --dry-run wins over the settings") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.extra_arguments = {"--dry-run"};
    daemon.write_settings("dry_run: false\n");
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    daemon.start();
    CHECK(daemon.client()->DryRun());
    CHECK(read_score(subject.pid()) == 0);
    CHECK_FALSE(std::filesystem::exists(daemon.ledger_path()));
}

TEST_CASE("A change of the sweep's interval is in force at once") {
    Running running("sweep_interval: 1h\nsources: {cgroups: false, proc_connector: false}\n");
    REQUIRE(write_score(running.subject.pid(), 5));
    const auto sweeps = running.daemon.client()->Sweeps();
    CHECK(always([&] { return running.daemon.client()->Sweeps() == sweeps; },
                 std::chrono::milliseconds(400)));
    running.set("sweep_interval: 100ms\nsources: {cgroups: false, proc_connector: false}\n");
    CHECK(eventually([&] { return running.daemon.client()->Sweeps() > sweeps + 3; }));
    CHECK(read_score(running.subject.pid()) == 300);
}

TEST_CASE("A source is switched off and on while the daemon runs") {
    Running running("sources: {proc_connector: false, cgroups: false}\n");
    auto& client = running.daemon.client();
    CHECK(client.source("cgroups").second == "switched off in the settings");
    running.set("sources: {cgroups: true}\n");
    CHECK(client.source("cgroups").second != "switched off in the settings");
    running.set("sources: {cgroups: false}\n");
    CHECK(client.source("cgroups").second == "switched off in the settings");
}

TEST_CASE("Settings with an error leave settings and rules as they are") {
    Running running("dry_run: false\n");
    running.set("dry_run: maybe\nswep_interval: 1s\n");
    const auto told = running.daemon.client().wait_for("RulesRejected");
    REQUIRE(told);
    const std::string path = running.daemon.settings_path();
    CHECK(told->text ==
          path +
              ":1:10: error: dry_run must be true or false, got \"maybe\"\n"
              "    dry_run: maybe\n"
              "             ^\n" +
              path +
              ":2:1: error: unknown key 'swep_interval' (did you mean 'sweep_interval'?)\n"
              "    swep_interval: 1s\n"
              "    ^\n");
    CHECK(read_score(running.subject.pid()) == 300);
    CHECK_FALSE(running.daemon.client()->DryRun());
}

TEST_CASE("SIGHUP loads the files even where no edit was seen") {
    Running running("sources: {rule_files: false}\n");
    running.daemon.write_rules("10-test.yaml", program_rule(running.name, 350));
    CHECK(running.daemon.client()->Rescan() > 0);
    CHECK(read_score(running.subject.pid()) == 300);
    const auto loads = running.daemon.loads();
    running.daemon.send_signal(SIGHUP);
    REQUIRE(running.daemon.wait_for_load(loads));
    CHECK(read_score(running.subject.pid()) == 350);
}

}  // namespace
}  // namespace oomguard::test
