// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>
#include <sys/capability.h>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "sys/capability.hpp"

namespace oomguard::test {
namespace {

/// A daemon with one rule, and a process that no rule means.
struct HandTest {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    std::string pid = std::to_string(subject.pid());
    std::string who = name + " (" + pid + ")";
    GuardDaemon daemon;

    explicit HandTest(const std::vector<std::string>& daemon_arguments = {}) {
        subject.tell({"score", "77"});
        daemon.write_settings(kQuietSettings);
        daemon.extra_arguments = daemon_arguments;
        daemon.start();
    }
};

TEST_CASE("hold tells at which value the process is held, and release what it is left with") {
    HandTest test;
    const Ctl ctl(test.daemon);
    const auto held = ctl.run({"hold", test.pid, "300"});
    CHECK(held.err.empty());
    CHECK(held.out == "Holding " + test.who + " at 300, was 77.\n");
    CHECK(held.status == 0);
    CHECK(read_score(test.subject.pid()) == 300);

    const auto released = ctl.run({"release", test.pid});
    CHECK(released.err.empty());
    CHECK(released.out == "Released " + test.who + ", back at 77.\n");
    CHECK(released.status == 0);
    CHECK(read_score(test.subject.pid()) == 77);
}

TEST_CASE("release names the rule that holds the process from then on") {
    HandTest test;
    const auto loads = test.daemon.loads();
    test.daemon.write_rules("10-test.yaml", rule_text("keep", test.name, "345"));
    const Ctl ctl(test.daemon);
    REQUIRE(ctl.run({"reload"}).status == 0);
    REQUIRE(test.daemon.wait_for_load(loads));
    REQUIRE(ctl.run({"hold", test.pid, "400"}).status == 0);
    CHECK(ctl.run({"release", test.pid}).out ==
          "Released " + test.who + ", which rule 'keep' means: held at 345.\n");
}

TEST_CASE("hold --tree holds the descendants too") {
    HandTest test;
    const pid_t child = test.subject.tell({"fork"});
    const auto held = Ctl(test.daemon).run({"hold", "--tree", test.pid, "300"});
    CHECK(held.err.empty());
    CHECK(held.out == "Holding " + test.who + " and its descendants at 300, was 77.\n");
    CHECK(read_score(child) == 300);
}

TEST_CASE("hold tells programs what is held now") {
    HandTest test;
    const auto held = Ctl(test.daemon).run({"hold", test.pid, "300", "--json"});
    CHECK(nlohmann::json::parse(held.out) ==
          nlohmann::json({{"pid", test.subject.pid()},
                          {"start_time", start_time(test.subject.pid())},
                          {"name", test.name},
                          {"rule", "hold " + test.pid},
                          {"original", 77},
                          {"wanted", 300},
                          {"current", 300},
                          {"state", "held"}}));
}

TEST_CASE("hold says that the kernel does not let a score be lowered") {
    if (sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: with CAP_SYS_RESOURCE nothing is refused");
        return;
    }
    HandTest test;
    test.subject.tell({"score", "300"});
    const auto held = Ctl(test.daemon).run({"hold", test.pid, "-999"});
    CHECK(held.out.empty());
    CHECK(held.err == "oom-guardctl: cannot set '" + test.name + "' (pid " + test.pid +
                          ") from 300 to -999 for rule 'hold " + test.pid + "': write /proc/" +
                          test.pid +
                          "/oom_score_adj: Permission denied; lowering a score needs "
                          "CAP_SYS_RESOURCE, which this daemon does not have: run it by its unit "
                          "oom-guardd.service; nothing was changed\n");
    CHECK(held.status == 1);
    CHECK(read_score(test.subject.pid()) == 300);
}

TEST_CASE("hold says of a dry run that nothing was written") {
    HandTest test({"--dry-run"});
    const auto held = Ctl(test.daemon).run({"hold", test.pid, "300"});
    CHECK(held.out == "Dry run: would hold " + test.who + " at 300, is 77.\n");
    CHECK(held.status == 0);
    CHECK(read_score(test.subject.pid()) == 77);
}

TEST_CASE("a negative value is a value and not an option, wherever it stands") {
    HandTest test;
    const Ctl ctl(test.daemon);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"hold", test.pid, "-2000"},
          {"hold", test.pid, "-2000", "--tree"},
          {"hold", "--tree", test.pid, "-2000"},
          {"hold", test.pid, "--", "-2000"}}) {
        const auto held = ctl.run(arguments);
        CHECK(held.out.empty());
        CHECK(held.err == "oom-guardctl: -2000 is no oom_score_adj; it goes from -1000 to 1000\n");
        CHECK(held.status == 1);
    }
}

TEST_CASE("what is no number is refused before the daemon is asked") {
    HandTest test;
    const Ctl ctl(test.daemon);
    for (const std::string pid : {"0x10", "12a", "1.5", "+7", "self", "4294967297"}) {
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"hold", pid, "300"}, {"release", pid}}) {
            const auto ended = ctl.run(arguments);
            CHECK(ended.out.empty());
            CHECK(ended.err ==
                  "oom-guardctl: '" + pid + "' is not a pid; look it up with: ps -e\n");
            CHECK(ended.status == 1);
        }
    }
    const auto ended = ctl.run({"hold", test.pid, "high"});
    CHECK(ended.err == "oom-guardctl: 'high' is not a value; it goes from -1000 to 1000\n");
    CHECK(ended.status == 1);
}

TEST_CASE("of a process that is not there hold and release exit with 4") {
    HandTest test;
    test.subject.kill();
    const Ctl ctl(test.daemon);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"hold", test.pid, "300"}, {"release", test.pid}}) {
        const auto ended = ctl.run(arguments);
        CHECK(ended.out.empty());
        CHECK(ended.err.starts_with("oom-guardctl: no process with pid " + test.pid + ": "));
        CHECK(ended.status == 4);
    }
}

TEST_CASE("release of a process that nobody holds by hand says so, and exits with 4") {
    HandTest test;
    const auto released = Ctl(test.daemon).run({"release", test.pid});
    CHECK(released.err == "oom-guardctl: process " + test.pid +
                              " is not held by Hold, and no rule means it: there is nothing to "
                              "release\n");
    CHECK(released.status == 4);
}

TEST_CASE("process 1 is not held, and hold says why") {
    HandTest test;
    const auto held = Ctl(test.daemon).run({"hold", "1", "300"});
    CHECK(held.err ==
          "oom-guardctl: process 1 is never touched, and the kernel never kills it; hold another "
          "process\n");
    CHECK(held.status == 1);
}

}  // namespace
}  // namespace oomguard::test
