// SPDX-License-Identifier: MIT
#include <chrono>
#include <set>

#include <sys/capability.h>
#include <unistd.h>

#include "bus.hpp"
#include "support/catch.hpp"
#include "sys/accounts.hpp"
#include "sys/capability.hpp"

// What the methods and properties tell, whole values.
namespace oomguard::test {
namespace {

using Texts = std::map<std::string, std::string>;

std::string cgroup_of(pid_t pid) {
    Snapshot snapshot;
    const auto process = sys::Procfs::open()->open_process(pid);
    REQUIRE(process->read_cgroup(snapshot));
    return snapshot.cgroup;
}

}  // namespace

TEST_CASE("a held process is listed and told of in full") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const int original = *read_score(subject.pid());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "{at_least: 345}"));
    daemon.start();

    const auto rows = daemon.client().processes();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].pid == subject.pid());
    CHECK(rows[0].start_time == start_time(subject.pid()));
    CHECK(rows[0].name == name);
    CHECK(rows[0].user == sys::user_name(::getuid()));
    CHECK(rows[0].rule == "keep");
    CHECK(rows[0].original == original);
    CHECK(rows[0].wanted == 345);
    CHECK(rows[0].current == 345);
    CHECK(rows[0].state == "held");

    const auto pid = static_cast<std::uint32_t>(subject.pid());
    auto details = texts_of(daemon.client()->GetProcess(pid));
    CHECK(details.extract("Memory").mapped().starts_with("t:"));
    CHECK(details.extract("OomScore").mapped().starts_with("u:"));
    CHECK(details.extract("MemoryLimited").mapped().starts_with("b:"));
    CHECK(details.extract("OomdPreference").mapped().starts_with("s:"));
    const std::string cgroup = cgroup_of(subject.pid());
    CHECK(details == Texts{{"Pid", "u:" + std::to_string(pid)},
                           {"StartTime", "t:" + std::to_string(rows[0].start_time)},
                           {"Name", "s:" + name},
                           {"Uid", "u:" + std::to_string(::getuid())},
                           {"User", "s:" + rows[0].user},
                           {"Cgroup", "s:" + cgroup},
                           {"ParentPid", "u:" + std::to_string(::getpid())},
                           {"Rule", "s:keep"},
                           {"Origin", "s:" + daemon.rules_path("10-test.yaml") + ":2"},
                           {"Value", "s:at_least: 345"},
                           {"Original", "i:" + std::to_string(original)},
                           {"Wanted", "i:345"},
                           {"Current", "i:345"},
                           {"State", "s:held"},
                           {"Drifts", "u:0"},
                           {"LastError", "s:"},
                           {"OomdWanted", "s:"},
                           {"Children", "s:reset"},
                           {"Exe", "s:" + programs.path(name)},
                           {"Unit", "s:" + std::string(system_unit(cgroup))}});
}

TEST_CASE("a process that no rule means is told of as it is") {
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    const int score = *read_score(subject.pid());
    GuardDaemon daemon;
    daemon.start();
    CHECK(daemon.client().processes().empty());
    auto details = texts_of(daemon.client()->GetProcess(static_cast<std::uint32_t>(subject.pid())));
    CHECK(details["Rule"] == "s:");
    CHECK(details["Origin"] == "s:");
    CHECK(details["Value"] == "s:");
    CHECK(details["Children"] == "s:");
    CHECK(details["State"] == "s:unmatched");
    for (const std::string key : {"Original", "Wanted", "Current"})
        CHECK(details[key] == "i:" + std::to_string(score));
}

TEST_CASE("a pid of no process is an error that says so") {
    GuardDaemon daemon;
    daemon.start();
    CHECK(failure_of([&] { return daemon.client()->GetProcess(4194305); }) ==
          "org.oomguard1.Error.NoSuchProcess: no process with pid 4194305: open /proc/4194305: No "
          "such file or directory; look its pid up again");
    for (const std::uint32_t pid : {0U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
        const auto failure = failure_of([&] { return daemon.client()->GetProcess(pid); });
        CHECK(failure.starts_with("org.oomguard1.Error.NoSuchProcess: no process with pid " +
                                  std::to_string(pid) + ": "));
    }
}

TEST_CASE("the daemon and the first process are told of, and never meant by a rule") {
    GuardDaemon daemon;
    daemon.write_settings("dry_run: true\n");
    daemon.write_rules("10-test.yaml", rule_text("all", "*", "5"));
    daemon.start();
    for (const pid_t pid : {pid_t{1}, daemon.pid()}) {
        auto details = texts_of(daemon.client()->GetProcess(static_cast<std::uint32_t>(pid)));
        CHECK(details["Pid"] == "u:" + std::to_string(pid));
        CHECK(details["State"] == "s:unmatched");
        CHECK(details["Rule"] == "s:");
        CHECK_FALSE(daemon.client().process(pid));
    }
}

TEST_CASE("the states of exempt processes and of a dry run are told") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const auto pid = static_cast<std::uint32_t>(subject.pid());
    const int original = *read_score(subject.pid());
    GuardDaemon daemon;
    daemon.write_settings(std::string(kQuietSettings) + "dry_run: true\n");
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();
    CHECK(daemon.client()->DryRun());
    const auto row = daemon.client().process(subject.pid());
    REQUIRE(row);
    CHECK(row->state == "dry-run");
    CHECK(row->wanted == 345);
    CHECK(row->current == original);
    CHECK(texts_of(daemon.client()->GetProcess(pid))["State"] == "s:dry-run");
    CHECK(daemon.client()->Written() == 0);

    daemon.write_settings(std::string(kQuietSettings) + "exempt_cgroups: \"/**\"\n");
    CHECK(daemon.client()->Reload() == 2);
    CHECK_FALSE(daemon.client()->DryRun());
    CHECK_FALSE(daemon.client().process(subject.pid()));
    CHECK(texts_of(daemon.client()->GetProcess(pid))["State"] == "s:exempt");
    CHECK(texts_of(daemon.client()->GetProcess(pid))["Rule"] == "s:keep");
    CHECK(read_score(subject.pid()) == original);
}

TEST_CASE("the rules are listed in the order in which they are tried, with what they hold") {
    Programs programs;
    const auto first = programs.unique_name();
    const auto second = programs.unique_name();
    Subject one = programs.start(second);
    Subject two = programs.start(second);
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("20-b.yaml", rule_text("later", second, "{at_least: 345}"));
    daemon.write_rules("10-a.yaml", rule_text("sooner", first, "unchanged"),
                       GuardDaemon::Directory::Usr);
    daemon.start();
    const auto rules = daemon.client().rules();
    REQUIRE(rules.size() == 2);
    CHECK(rules[0].name == "sooner");
    CHECK(rules[0].origin == daemon.rules_path("10-a.yaml", GuardDaemon::Directory::Usr) + ":2");
    CHECK(rules[0].value == "unchanged");
    CHECK(rules[0].held == 0);
    CHECK(rules[0].matches == 0);
    CHECK(rules[1].name == "later");
    CHECK(rules[1].origin == daemon.rules_path("20-b.yaml") + ":2");
    CHECK(rules[1].value == "at_least: 345");
    CHECK(rules[1].held == 2);
    CHECK(rules[1].refused == 0);
    CHECK(rules[1].matches == 2);

    two.kill();
    CHECK(daemon.client()->Rescan() > 1);
    CHECK(daemon.client().rule("later")->held == 1);
    CHECK(daemon.client().rule("later")->matches == 2);
}

TEST_CASE("every property tells what it should") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const auto before = std::chrono::system_clock::now().time_since_epoch();
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();
    auto& client = daemon.client();
    CHECK_FALSE(client->Version().empty());
    CHECK(client->Generation() == 1);
    CHECK(client->RuleCount() == 1);
    CHECK(client->ProcessCount() >= 2);
    CHECK(client->HeldCount() == 1);
    CHECK_FALSE(client->DryRun());
    CHECK(client->Written() == 1);
    CHECK(client->DriftsRepaired() == 0);
    CHECK(client->WritesRefused() == 0);
    CHECK(client->Overruns() == 0);
    CHECK(client->Sweeps() == 1);
    CHECK(client->SignalsSuppressed() == 0);
    for (const std::uint64_t usec : {client->LastSweepUSec(), client->StartedUSec()}) {
        const std::chrono::microseconds time(static_cast<std::int64_t>(usec));
        CHECK(time > before - std::chrono::seconds(1));
        CHECK(time < std::chrono::system_clock::now().time_since_epoch() + std::chrono::seconds(1));
    }
    CHECK(client->StartedUSec() < client->LastSweepUSec());

    std::vector<std::string> sources;
    for (const auto& row : client->Sources())
        sources.push_back(row.get<0>());
    CHECK(sources == std::vector<std::string>{"proc-connector", "cgroups", "exec-doorbell",
                                              "rule-files", "sweep", "kernel-log", "journal",
                                              "systemd-oomd"});
    CHECK(client.source("sweep") == std::pair(true, std::string()));
    CHECK(client.source("exec-doorbell") == std::pair(true, std::string()));
    CHECK(client.source("cgroups") ==
          std::pair(false, std::string("switched off in the settings")));

    const auto degraded = client->Degraded();
    const bool is_raise_only = !degraded.empty() && degraded[0].starts_with("raise-only: ");
    CHECK(is_raise_only != sys::may_use(CAP_SYS_RESOURCE));
}

TEST_CASE("the counters count") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();
    auto& client = daemon.client();
    const auto swept = client->LastSweepUSec();
    REQUIRE(write_score(subject.pid(), 500));
    const auto count = client->Rescan();
    CHECK(count >= client->ProcessCount());
    CHECK(client->Sweeps() == 2);
    CHECK(client->LastSweepUSec() > swept);
    CHECK(client->DriftsRepaired() == 1);
    CHECK(client->Written() == 2);
    CHECK(read_score(subject.pid()) == 345);
    const auto pid = static_cast<std::uint32_t>(subject.pid());
    CHECK(texts_of(client->GetProcess(pid))["Drifts"] == "u:1");
}

TEST_CASE("no property can be set") {
    GuardDaemon daemon;
    daemon.start();
    const auto failure = failure_of([&] {
        daemon.client()->Set(daemon::compat::InterfaceName{"org.oomguard1.Manager"},
                             daemon::compat::PropertyName{"DryRun"}, sdbus::Variant(true));
        return 0;
    });
    CHECK(failure.starts_with("org.freedesktop.DBus.Error."));
    CHECK_FALSE(daemon.client()->DryRun());
}

}  // namespace oomguard::test
