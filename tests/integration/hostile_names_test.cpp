// SPDX-License-Identifier: MIT
#include <string>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

struct HostileName {
    const char* name;
    const char* shown;
};

constexpr std::array<HostileName, 8> kNames = {{
    {"foo) Z 1", "foo) Z 1"},
    {") R 1 (", ") R 1 ("},
    {"two\nlines", R"(two\nlines)"},
    {"\xff\xfe\xc3", R"(\xff\xfe\xc3)"},
    {"cut-\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2",
     "cut-\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\\xe6\\xbc"},
    {"\033[2J\r", R"(\x1b[2J\x0d)"},
    {"back\\slash", R"(back\\slash)"},
    {"", ""},
}};

/// Every line is one of ours, whatever a program calls itself.
void check_log(const GuardDaemon& daemon) {
    for (const auto& line : daemon.log_lines()) {
        CAPTURE(line);
        CHECK(line.starts_with("20"));
        CHECK(line.find(": ") != std::string::npos);
        for (const char byte : line)
            CHECK(static_cast<unsigned char>(byte) >= ' ');
    }
}

TEST_CASE("A process that calls itself anything is held, listed and logged on one line") {
    Programs programs;
    GuardDaemon daemon;
    daemon.start();
    for (const auto& hostile : kNames) {
        CAPTURE(hostile.shown);
        const auto name = programs.unique_name();
        Subject subject = programs.start(name);
        subject.tell({"rename", hostile.name});
        const auto loads = daemon.loads();
        // A rule with a name of its own each time: the log tells ten events of each rule.
        const auto rule_name = "rule-" + std::to_string(subject.pid());
        daemon.write_rules(
            "10-test.yaml",
            rule_file({rule(rule_name, "{exe: " + programs.path(name) + "}", "300")}));
        REQUIRE(daemon.wait_for_load(loads));
        CHECK(read_score(subject.pid()) == 300);
        const auto listed = daemon.client().process(subject.pid());
        REQUIRE(listed);
        CHECK(listed->name == hostile.shown);
        CHECK(listed->state == "held");
        const auto told = daemon.client().wait_for("ProcessHeld", subject.pid());
        REQUIRE(told);
        CHECK(told->process == hostile.shown);
        CHECK(daemon.logged(rule_name) ==
              std::vector<std::string>{"info: holding '" + std::string(hostile.shown) + "' (pid " +
                                       std::to_string(subject.pid()) +
                                       ") at 300, was 0, by rule '" + rule_name + "'"});
    }
    check_log(daemon);
}

TEST_CASE("A program file with a hostile name is held when it is started") {
    Programs programs;
    const auto starter_name = programs.unique_name();
    Subject starter = programs.start(starter_name);
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml",
                       rule_file({rule("test", "{parent: " + starter_name + "}", "300")}));
    daemon.start();
    for (const auto& hostile : kNames) {
        if (*hostile.name == '\0')
            continue;
        CAPTURE(hostile.shown);
        const pid_t pid = starter.tell({"spawn", programs.add(hostile.name)});
        CHECK(comes_to(pid, 300));
        const auto told =
            daemon.client().wait_for([&](const Signal& signal) { return signal.pid == pid; });
        REQUIRE(told);
        REQUIRE(daemon.client().process(pid));
        CHECK(eventually([&] { return daemon.client().process(pid)->name == hostile.shown; }));
    }
    check_log(daemon);
}

TEST_CASE("Hostile arguments match as text and break nothing") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject starter = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_rules(
        "10-test.yaml",
        rule_file({rule("test", "{name: " + name + R"(, cmdline: "* a\nb *"})", "300")}));
    daemon.start();
    const pid_t pid = starter.tell({"spawn", programs.add(name), "a\nb", "\xff"});
    CHECK(comes_to(pid, 300));
    check_log(daemon);
}

}  // namespace
}  // namespace oomguard::test
