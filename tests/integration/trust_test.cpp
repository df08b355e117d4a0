// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "bus.hpp"
#include "nobody.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"

// Users who want to be protected by the rules of others, with real processes. Without
// CAP_SYS_RESOURCE a score can be lowered as far as the process itself could: from 700 to 300.
namespace oomguard::test {
namespace {

constexpr const char* kMallory = "1500";
constexpr int kOwn = 700;
constexpr int kProtected = 300;
constexpr const char* kWhy =
    "user 1500 is neither named by the rule nor a system account, and anyone can run a program "
    "under any name and with any arguments: add user: or unit:, or trust: any";

/// A rule for a program, and by default no more than its name.
struct Bank {
    Programs programs;
    std::string name = programs.unique_name();
    GuardDaemon daemon;

    explicit Bank(const std::string& match = "", const std::string& more = "") {
        daemon.write_settings(kQuietSettings);
        daemon.write_rules(
            "10-test.yaml",
            rule_file({rule("bank", named(name, match), std::to_string(kProtected), more)}));
    }

    /// Gives the process a score of its own.
    static void settle(Subject& subject) { subject.tell({"score", std::to_string(kOwn)}); }

    void look() {
        if (!daemon.is_running())
            daemon.start();
        (void)daemon.client()->Rescan();
    }

    [[nodiscard]] std::string verdict(pid_t pid) {
        const auto trials = daemon.client()->Explain(static_cast<std::uint32_t>(pid));
        return trials.front().get<2>() + ": " + trials.front().get<3>();
    }

    /// Refused, and that is told where one would look for it.
    void refuses(pid_t pid, const std::string& why = kWhy) {
        look();
        CHECK(read_score(pid) == kOwn);
        CHECK(verdict(pid).starts_with("not trusted: name \"" + name + "\" is \"" + name + "\""));
        CHECK(verdict(pid).ends_with("; but " + why));
        CHECK(daemon.logged("(pid " + std::to_string(pid) + "), which it matches") ==
              std::vector<std::string>{"warning: rule 'bank' does not protect '" + name +
                                       "' (pid " + std::to_string(pid) +
                                       "), which it matches: " + why});
    }
};

}  // namespace

TEST_CASE("a copied binary, a borrowed name and borrowed arguments buy nothing") {
    if (!is_root())
        return;
    Bank t;
    SECTION("a copy under the name") {
        Subject subject = t.programs.start(t.name);
        Bank::settle(subject);
        subject.tell({"setuid", kMallory});
        t.refuses(subject.pid());
    }
    SECTION("the name by prctl(2)") {
        Subject subject = t.programs.start(t.programs.unique_name("-x"));
        Bank::settle(subject);
        subject.tell({"setuid", kMallory});
        subject.tell({"rename", t.name});
        t.refuses(subject.pid());
    }
}

TEST_CASE("arguments as by exec -a buy nothing") {
    if (!is_root())
        return;
    Programs programs;
    const std::string words = programs.unique_name("-argument");
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml",
                       rule_file({rule("bank", "{cmdline: '*" + words + "*'}", "300")}));
    Subject subject = programs.start(programs.unique_name(), {words});
    subject.tell({"score", "700"});
    subject.tell({"setuid", kMallory});
    daemon.start();
    CHECK(read_score(subject.pid()) == 700);
    CHECK(daemon.client()->Explain(static_cast<std::uint32_t>(subject.pid())).front().get<2>() ==
          "not trusted");
}

TEST_CASE("a setuid program is its caller's, whoever it acts as") {
    if (!is_root())
        return;
    Bank t;
    Subject subject = t.programs.start(t.name);
    Bank::settle(subject);
    subject.tell({"setuidprogram", kMallory});
    t.refuses(subject.pid());
}

TEST_CASE("who is root in a namespace of his own is himself outside") {
    if (!is_root())
        return;
    Bank t;
    Subject subject = t.programs.start(t.name);
    Bank::settle(subject);
    subject.tell({"setuid", kMallory});
    pid_t pid = subject.pid();
    try {
        SECTION("a user namespace") {
            subject.tell({"rootinside"});
        }
        SECTION("a pid namespace as well, as its first process") {
            pid = subject.tell({"rootbelow"});
        }
    } catch (const std::exception& error) {
        if (std::string(error.what()).find("not permitted") != std::string::npos) {
            WARN("skipped: no user namespaces here");
            return;
        }
    }
    t.refuses(pid);
}

TEST_CASE("a cgroup of a user's own buys nothing, however it is called") {
    if (!is_root())
        return;
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    REQUIRE(::chown(cgroup->path().c_str(), 1500, 1500) == 0);
    Programs programs;
    const std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    cgroup->make_around(subject.pid(), "postgresql.service");
    subject.tell({"score", "700"});
    subject.tell({"setuid", kMallory});
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules(
        "10-test.yaml",
        rule_file({rule("bank", named(name, "cgroup: " + cgroup->patterns("postgresql.service")),
                        "300")}));
    daemon.start();
    CHECK(read_score(subject.pid()) == 700);
    const auto trial = daemon.client()->Explain(static_cast<std::uint32_t>(subject.pid())).front();
    CHECK(trial.get<2>() == "not trusted");
    CHECK(trial.get<3>().find("is not known to be out of the reach of users") != std::string::npos);
}

TEST_CASE("whom the rule names is protected, and so is anyone with trust: any") {
    if (!is_root())
        return;
    const auto [match, more] = GENERATE(std::pair<std::string, std::string>{"user: 1500", ""},
                                        std::pair<std::string, std::string>{"", "trust: any"});
    Bank t(match, more);
    Subject subject = t.programs.start(t.name);
    Bank::settle(subject);
    subject.tell({"setuid", kMallory});
    t.look();
    CHECK(read_score(subject.pid()) == kProtected);
    CHECK(t.verdict(subject.pid()).starts_with("match: "));
    CHECK(t.daemon.logged("does not protect").empty());
}

TEST_CASE("a process that gives its system account up is protected no more") {
    if (!is_root())
        return;
    Bank t;
    Subject subject = t.programs.start(t.name);
    Bank::settle(subject);
    t.look();
    CHECK(read_score(subject.pid()) == kProtected);
    subject.tell({"setuid", kMallory});
    t.refuses(subject.pid());
}

}  // namespace oomguard::test
