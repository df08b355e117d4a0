// SPDX-License-Identifier: MIT
#include "config/lint.hpp"

#include <string>

#include "loading.hpp"
#include "support/catch.hpp"

namespace oomguard::config::test {
namespace {

/// A rule, one line each key.
std::string rule(const std::string& name, const std::string& match, const std::string& value,
                 const std::string& more = "") {
    return "- {name: " + name + ", match: " + match + ", oom_score_adj: " + value +
           (more.empty() ? "" : ", " + more) + "}\n";
}

std::vector<Rule> rules_of(const std::string& text) {
    auto loaded = load("rules:\n" + text);
    CHECK(format(loaded.diagnostics).empty());
    return std::move(loaded.rules);
}

std::vector<Diagnostic> found_in(const std::vector<Rule>& rules) {
    return lint(rules, find_shadowing(rules));
}

std::string lints(const std::string& text) {
    return format(found_in(rules_of(text)));
}

constexpr const char* kImitated =
    "protects only what system accounts run, because any user can start a program called so: add "
    "user: or unit:, or trust: any\n";

}  // namespace

TEST_CASE("sound rules are not complained of") {
    CHECK(
        lints(rule("a", "{name: postgres, unit: 'postgresql*.service'}", "{at_most: -900}") +
              rule("b", "{name: [python, 'python3*'], user: alice}", "-900", "children: include") +
              rule("c", "{cgroup: '/system.slice/cron.service'}", "{at_most: -100}") +
              rule("d", "{cgroup: {regex: '/machine\\.slice/.*'}}", "-100") +
              rule("e", "{name: 'ld*'}", "{at_least: 200}") +
              rule("f", "{name: sshd, user: root}", "{at_most: -500}") +
              rule("g", "{name: '*'}", "{at_least: 100}")) == "");
}

TEST_CASE("a rule that is never reached is told with the one that takes its processes") {
    CHECK(lints(rule("a", "{name: [x, y]}", "{at_least: 5}") +
                rule("b", "{name: y, user: root}", "6")) ==
          "f.yaml:3: warning: rule 'b' is never reached, because rule 'a' at f.yaml:2 matches "
          "before it all that it matches: put it further up, or remove it\n");
    CHECK(lints(rule("a", "{name: x}", "5", "trust: any") +
                rule("b", "{name: y}", "6", "trust: any") +
                rule("c", "{name: z}", "{at_least: 7}") + rule("d", "{name: [x, y, z]}", "7")) ==
          "f.yaml:5: warning: rule 'd' is never reached, because rule 'a' at f.yaml:2 and 2 other "
          "rules match before it all that it matches: put it further up, or remove it\n");
}

TEST_CASE("a rule that others reach only for want of trust is told as that") {
    CHECK(
        lints(rule("a", "{name: x}", "5") + rule("b", "{name: x, user: alice}", "6")) ==
        "f.yaml:3: warning: rule 'b' is reached only by processes that may not be lowered, because "
        "rule 'a' at f.yaml:2 matches before it all that it matches: put it further up, or remove "
        "it\n");
}

TEST_CASE("a rule that protects everything protects nothing") {
    for (const std::string match :
         {"{name: '*'}", "{cmdline: {regex: '.*'}}", "{exe: '/**'}", "{cgroup: '**'}"}) {
        CAPTURE(match);
        CHECK(lints(rule("all", match, "-1000")) ==
              "f.yaml:2: warning: rule 'all' protects every process, and so none from another: "
              "name the few that matter\n");
    }
}

TEST_CASE("A program that is not named exactly is told of if it is to have -1000") {
    const std::string told =
        "f.yaml:2: warning: rule 'py' makes whatever its patterns match unkillable: hold -999, "
        "which is killed last, or name the program exactly\n";
    CHECK(lints(rule("py", "{name: [python, 'python3*'], user: alice}", "-1000")) == told);
    CHECK(lints(rule("py", "{user: alice}", "{at_most: -1000}")) == told);
    CHECK(lints(rule("py", "{name: python3, user: alice}", "-1000")) == "");
    CHECK(lints(rule("py", "{name: 'python3*', user: alice}", "-999")) == "");
}

TEST_CASE("protection that any user can have by a name is told") {
    const std::string told = std::string("f.yaml:2: warning: rule 'x' ") + kImitated;
    CHECK(lints(rule("x", "{name: postgres}", "-500")) == told);
    CHECK(lints(rule("x", "{cmdline: '*my_28.py*'}", "{at_most: -1}")) == told);
    CHECK(lints(rule("x", "{name: x, parent: y}", "-1")) == told);
    CHECK(lints(rule("x", "{name: x, unit: '*'}", "-1")) == told);
    CHECK(lints(rule("x", "{name: x, unit: session-7.scope}", "-1")) == told);
    CHECK(lints(rule("x", "{name: x, unit: [a.service, 'user@*']}", "-1")) == told);
    CHECK(lints(rule("x", "{name: x, cgroup: '**/x.scope'}", "-1")) == told);
    CHECK(lints(rule("x", "{name: x, cgroup: '/user.slice/**'}", "-1")) == told);
    CHECK(
        lints(rule("x", "{exe: /usr/bin/x}", "-1")) ==
        "f.yaml:2: warning: rule 'x' protects only what system accounts run, because any user can "
        "run this: add user: or unit:, or trust: any\n");
    CHECK(lints(rule("x", "{name: postgres}", "0")) == "");
    CHECK(lints(rule("x", "{name: postgres}", "{at_least: -500}")) == "");
    CHECK(lints(rule("x", "{name: postgres}", "unchanged")) == "");
    CHECK(lints(rule("x", "{name: postgres}", "-500", "trust: any")) == "");
}

TEST_CASE("systemd-oomd is asked by names alone for nobody but system accounts, which is told") {
    const std::string told = std::string("f.yaml:2: warning: rule 'x' ") + kImitated;
    CHECK(lints(rule("x", "{name: postgres}", "unchanged", "systemd_oomd: omit")) == told);
    CHECK(lints(rule("x", "{name: postgres}", "{at_least: 5}", "systemd_oomd: avoid")) == told);
    CHECK(lints(rule("x", "{name: a, user: alice}", "unchanged", "systemd_oomd: omit")) == "");
}

TEST_CASE("what is unkillable and not counted is told") {
    CHECK(lints(rule("py", "{name: python3, user: alice}", "-1000", "children: inherit")) ==
          "f.yaml:2: warning: rule 'py' leaves -1000 to its descendants, of which "
          "limits.unkillable_memory counts none: say children: include, or hold -999\n");
    CHECK(lints(rule("py", "{name: python3, user: alice}", "-999", "children: inherit")) == "");
    CHECK(lints(rule("py", "{name: python3, user: alice}", "-1000", "children: include")) == "");
}

TEST_CASE("protection that a login service hands to all it starts is told") {
    const std::string told =
        " starts, such as every login or job of a user: leave out children: include\n";
    CHECK(lints(rule("x", "{name: sshd, user: root}", "-500", "children: include")) ==
          "f.yaml:2: warning: rule 'x' protects whatever sshd" + told);
    CHECK(lints(rule("x", "{unit: cron.service}", "-500", "children: include")) ==
          "f.yaml:2: warning: rule 'x' protects whatever cron" + told);
    CHECK(lints(rule("x", "{exe: /usr/lib/systemd/systemd, user: alice}", "-500",
                     "children: include")) ==
          "f.yaml:2: warning: rule 'x' protects whatever systemd" + told);
    CHECK(lints(rule("x", "{name: sshd, user: root}", "-500", "children: inherit")) == "");
    CHECK(lints(rule("x", "{name: sshd, user: root}", "500", "children: include")) == "");
    CHECK(lints(rule("x", "{name: sshd, user: root}", "unchanged", "children: include"))
              .find("includes no descendants, because it holds no score that they could share: "
                    "leave out children: include, or say which score to hold") !=
          std::string::npos);
    CHECK(lints(rule("x", "{name: sshd, user: root}", "unchanged")) == "");
}

TEST_CASE("rules that decide for nothing are noted, but not those that never do") {
    const auto rules = rules_of(rule("a", "{name: x}", "5") + rule("b", "{name: y}", "6") +
                                rule("c", "{name: y}", "7"));
    CHECK(format(note_idle(rules, find_shadowing(rules), {false, true, true})) ==
          "f.yaml:3: note: rule 'b' decides for no process that runs now: if it should, ask for "
          "one with oom-guardctl explain PID why it does not\n");
}

TEST_CASE("of very many warnings a hundred are kept and the others counted") {
    std::string text = rule("a", "{name: '*'}", "5");
    for (int number = 0; number < 102; ++number)
        text += rule("r" + std::to_string(number), "{name: x}", "6");
    const auto found = found_in(rules_of(text));
    CHECK(found.size() == 101);
    CHECK(format(found.back()) == "warning: and 2 more warnings\n");
    CHECK(count(found, Diagnostic::Severity::Warning) == 102);
    CHECK(count_errors(found) == 0);
}

}  // namespace oomguard::config::test
