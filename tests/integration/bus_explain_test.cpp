// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bus.hpp"
#include "nobody.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "sys/accounts.hpp"

// Explain, and what GetProcess tells of a process besides the rules: of real processes.
namespace oomguard::test {
namespace {

/// rule, origin, verdict, reason
using Trial = std::array<std::string, 4>;
using Trials = std::vector<Trial>;

Trials explain(ManagerClient& client, pid_t pid) {
    Trials trials;
    for (const auto& row : client->Explain(static_cast<std::uint32_t>(pid)))
        trials.push_back({row.get<0>(), row.get<1>(), row.get<2>(), row.get<3>()});
    return trials;
}

Trials never(const std::string& reason) {
    return {{"", "", "never", reason}};
}

std::map<std::string, std::string> details(ManagerClient& client, pid_t pid) {
    return texts_of(client->GetProcess(static_cast<std::uint32_t>(pid)));
}

/// Three rules in two files, of which the middle one means a program.
struct Explained {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;

    explicit Explained(const std::string& more = "children: include") {
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-a.yaml",
                           rule_file({rule("sooner", named("og-other"), "1"),
                                      rule("keep", named(name), "{at_least: 345}", more)}));
        daemon.write_rules("20-b.yaml", rule_file({rule("later", named(name), "2")}));
        daemon.start();
    }

    ManagerClient& client() { return daemon.client(); }
    [[nodiscard]] std::string origin(const std::string& file, int line) const {
        return daemon.rules_path(file) + ":" + std::to_string(line);
    }
    [[nodiscard]] Trial sooner(const std::string& found) const {
        return {"sooner", origin("10-a.yaml", 2), "no match",
                "name " + found + " is not \"og-other\""};
    }
};

}  // namespace

TEST_CASE(
    "the rules are explained in the order in which they are tried, up to the one that decides") {
    Explained t;
    const std::string found = "\"" + t.name + "\"";
    CHECK(explain(t.client(), t.subject.pid()) ==
          Trials{t.sooner(found),
                 {"keep", t.origin("10-a.yaml", 5), "match", "name " + found + " is " + found}});
    CHECK(t.client()->Written() == 1);
}

TEST_CASE("of a process that no rule means every rule is explained") {
    Explained t;
    Subject other = t.programs.start(t.programs.unique_name("-x"));
    const auto trials = explain(t.client(), other.pid());
    REQUIRE(trials.size() == 3);
    const auto name = details(t.client(), other.pid())["Name"].substr(2);
    const auto failed = "name \"" + name + "\" is not \"" + t.name + "\"";
    CHECK(trials[0] == t.sooner("\"" + name + "\""));
    CHECK(trials[1] == Trial{"keep", t.origin("10-a.yaml", 5), "no match", failed});
    CHECK(trials[2] == Trial{"later", t.origin("20-b.yaml", 2), "no match", failed});
}

TEST_CASE("a user is told of by name, an exception with what makes it one") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const std::string user = sys::user_name(::getuid());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml",
                       rule_file({rule("others", named(name, "user: [4000000, \"%4000001\"]"), "1"),
                                  rule("not", named(name), "2", "except: {cmdline: \"* obey\"}"),
                                  rule("keep", named(name, "user: " + user), "345")}));
    daemon.start();
    const auto trials = explain(daemon.client(), subject.pid());
    REQUIRE(trials.size() == 3);
    CHECK(trials[0][3] == "user " + user + " is not 4000000 or %4000001");
    CHECK(trials[1][3].starts_with("excepted: cmdline \"" + programs.path(name).substr(0, 8)));
    CHECK(trials[1][3].ends_with(" is \"* obey\""));
    CHECK(trials[2][3] ==
          "name \"" + name + "\" is \"" + name + "\", user " + user + " is " + user);
    CHECK(trials[2][2] == "match");
}

TEST_CASE("a descendant is explained by the rule that includes it") {
    Explained t;
    const std::string worker = t.programs.unique_name("w");
    const pid_t child = t.subject.tell({"forkexec", t.programs.add(worker)});
    // Before the exec it is matched itself.
    REQUIRE(eventually([&] { return details(t.client(), child)["Name"] == "s:" + worker; }));
    CHECK(comes_to(child, 345));
    const auto trials = explain(t.client(), child);
    REQUIRE(trials.size() == 4);
    CHECK(trials[2][0] == "later");
    CHECK(trials[2][2] == "no match");
    CHECK(trials[3] == Trial{"keep", t.origin("10-a.yaml", 5), "included",
                             "a descendant of \"" + t.name + "\" (pid " +
                                 std::to_string(t.subject.pid()) + ")"});
    CHECK(details(t.client(), child)["Children"] == "s:include");
}

TEST_CASE("of a process in an exempt cgroup it is explained which rule would decide") {
    Explained t;
    t.daemon.write_settings(std::string(kQuietSettings) + "exempt_cgroups: \"/**\"\n");
    CHECK(t.client()->Reload() == 2);
    const auto cgroup = details(t.client(), t.subject.pid())["Cgroup"].substr(2);
    CHECK(explain(t.client(), t.subject.pid()) ==
          Trials{t.sooner("\"" + t.name + "\""),
                 {"keep", t.origin("10-a.yaml", 5), "exempt",
                  "cgroup \"" + cgroup + "\" is exempt by \"/**\""}});
}

TEST_CASE("what is never touched is explained as that") {
    GuardDaemon daemon;
    daemon.write_settings("dry_run: true\n");
    daemon.write_rules("10-test.yaml", rule_text("all", "*", "5"));
    daemon.start();
    CHECK(explain(daemon.client(), 1) == never("the first process"));
    CHECK(explain(daemon.client(), daemon.pid()) == never("oom-guardd itself"));
    Child zombie = fork_child();
    zombie.make_zombie();
    CHECK(explain(daemon.client(), zombie.pid()) ==
          never("it has ended, and its parent has not been told yet"));
}

TEST_CASE("a pid of no process cannot be explained") {
    GuardDaemon daemon;
    daemon.start();
    CHECK(failure_of([&] { return daemon.client()->Explain(4194305); }) ==
          "org.oomguard1.Error.NoSuchProcess: no process with pid 4194305: open /proc/4194305: No "
          "such file or directory; look its pid up again");
    for (const std::uint32_t pid : {0U, 0x80000000U, 0xffffffffU})
        CHECK(failure_of([&] {
                  return daemon.client()->Explain(pid);
              }).starts_with("org.oomguard1.Error.NoSuchProcess: "));
}

TEST_CASE("others are told no executable, nor what would give it away") {
    if (!is_root())
        return;
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const pid_t pid = subject.pid();
    subject.tell({"rename", "og-renamed"});
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules(
        "10-test.yaml",
        rule_file({rule("name", named("og-other"), "1"), rule("exe", "{exe: /opt/og-other}", "2"),
                   rule("excepted", named("og-renamed"), "3", "except: {name: " + name + "}"),
                   rule("keep", "{exe: \"/**\", name: " + name + "}", "345")}));
    daemon.start();
    const std::string exe = "\"" + programs.path(name) + "\"";
    const std::string own = "\"" + name + "\"";
    const auto reasons_of = [pid](ManagerClient& client) {
        std::vector<std::string> reasons;
        for (const auto& trial : explain(client, pid))
            reasons.push_back(trial[3]);
        return reasons;
    };
    CHECK(reasons_of(daemon.client()) ==
          std::vector<std::string>{"name \"og-renamed\" or " + own + " is not \"og-other\"",
                                   "exe " + exe + " is not \"/opt/og-other\"",
                                   "excepted: name " + own + " is " + own,
                                   "name " + own + " is " + own + ", exe " + exe + " is \"/**\""});
    CHECK(as_nobody(daemon.bus().address(), [&](ManagerClient& client) {
              if (!details(client, pid)["Exe"].empty() && details(client, pid)["Exe"] != "s:")
                  return 1;
              return reasons_of(client) ==
                             std::vector<std::string>{"name \"og-renamed\" is not \"og-other\"",
                                                      "exe is not \"/opt/og-other\"",
                                                      "excepted: name is one of those",
                                                      "name is one of those, exe is one of those"}
                         ? 0
                         : 2;
          }) == 0);
}

TEST_CASE("an executable is shown to whose process it is, if that may look into it") {
    if (!is_root())
        return;
    const auto of_nobody = [](int dumpable) {
        return fork_child([dumpable] {
            if (!become_nobody() || ::prctl(PR_SET_DUMPABLE, dumpable) != 0)
                ::_exit(1);
        });
    };
    const Child open = of_nobody(1);
    const Child shut = of_nobody(0);
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const auto exe = details(daemon.client(), ::getpid())["Exe"];
    CHECK(exe.starts_with("s:/"));
    CHECK(details(daemon.client(), open.pid())["Exe"] == exe);
    CHECK(as_nobody(daemon.bus().address(), [&](ManagerClient& client) {
              if (details(client, open.pid())["Exe"] != exe)
                  return 1;
              return details(client, shut.pid())["Exe"] == "s:" ? 0 : 2;
          }) == 0);
}

TEST_CASE("memory and what the kernel makes of the score are told as /proc has them") {
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.start();
    auto told = details(daemon.client(), subject.pid());
    const auto memory = sys::Procfs::open()->open_process(subject.pid())->read_memory();
    REQUIRE(memory);
    CHECK(told["Memory"] == "t:" + std::to_string(memory->bytes.value_or(0)));
    const auto score = sys::Procfs::open()->open_process(subject.pid())->read_oom_score();
    REQUIRE(score);
    CHECK(told["OomScore"] == "u:" + std::to_string(*score));
}

TEST_CASE("what systemd-oomd is told of a process's cgroup is told") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup || ::setxattr(cgroup->path().c_str(), "user.oomd_avoid", "1", 1, 0) != 0) {
        WARN("skipped: no cgroup with attributes can be made: " << why_not);
        return;
    }
    Child child = fork_child();
    cgroup->make_around(child.pid(), "og.service");
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const auto preference = [&] { return details(daemon.client(), child.pid())["OomdPreference"]; };
    // Of the cgroup itself, not of one above.
    CHECK(preference() == "s:none");
    const std::string path = cgroup->path() + "/og.service";
    REQUIRE(::setxattr(path.c_str(), "user.oomd_avoid", "1", 1, 0) == 0);
    CHECK(preference() == "s:avoid");
    REQUIRE(::setxattr(path.c_str(), "user.oomd_omit", "1", 1, 0) == 0);
    CHECK(preference() == "s:omit");
    CHECK(details(daemon.client(), child.pid())["MemoryLimited"].starts_with("b:"));
    child.reap();
}

}  // namespace oomguard::test
