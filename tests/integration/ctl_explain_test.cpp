// SPDX-License-Identifier: MIT
#include <fstream>
#include <regex>

#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"

namespace oomguard::test {
namespace {

/// A process that a rule means by one key more than its name, one that it includes, and one that
/// the rule does not mean.
struct ExplainTest {
    Programs programs;
    std::string name = programs.unique_name();
    std::string other_name = programs.unique_name();
    Subject subject = programs.start(name, {"train"});
    Subject other = programs.start(other_name);
    GuardDaemon daemon;
    Ctl ctl{daemon};
    std::string rule_place;

    ExplainTest() {
        subject.tell({"score", "77"});
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-a.yaml",
                           rule_file({rule("serving", named(name, "cmdline: \"*serve*\""), "300"),
                                      rule("training", named(name), "345", "children: include")}));
        daemon.start();
        rule_place = daemon.rules_path("10-a.yaml") + ":5";
    }

    /// Joined by spaces.
    [[nodiscard]] static std::string arguments_of(pid_t pid) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
        std::string text;
        for (std::string argument; std::getline(file, argument, '\0');)
            text += (text.empty() ? "" : " ") + argument;
        return text;
    }

    /// What was found out about the process besides its scores.
    [[nodiscard]] std::string found(pid_t pid) {
        const auto details = daemon.client()->GetProcess(static_cast<std::uint32_t>(pid));
        const auto text = [&](const char* key) { return text_of(details.at(key)).substr(2); };
        const std::string unit = text("Unit");
        return "        User: root (0)\n     Command: " + arguments_of(pid) +
               "\n  Executable: " + text("Exe") + "\n      Parent: " + text("ParentPid") +
               "\n      Cgroup: " + text("Cgroup") + "\n" +
               (unit.empty() ? "" : "        Unit: " + unit + "\n") + "      Memory: M\n";
    }

    /// What killers make of the process, with N for each number that others have a part in.
    [[nodiscard]] std::string killers(pid_t pid) {
        const auto details = daemon.client()->GetProcess(static_cast<std::uint32_t>(pid));
        return "        kernel: would kill it as number N of N, without the rules as number N\n"
               "  systemd-oomd: does not look at scores, and kills the whole cgroup " +
               text_of(details.at("Cgroup")).substr(2) +
               ", others\n"
               "      earlyoom: kills the highest oom_score first; this one has N, and 666 is that "
               "of a small process nobody touched\n";
    }

    [[nodiscard]] std::string trained() {
        const std::string pid = std::to_string(subject.pid());
        return name + " (" + pid + ") is held at 345 by 'training'\n" + found(subject.pid()) +
               "        Rule: training, " + rule_place +
               " wants 345\n       Score: 345 now, 345 wanted, 77 of its own\n"
               "    Children: are held with it (children: include)\n\n" +
               "RULE     VERDICT  REASON\n"
               "serving  no match cmdline \"" +
               programs.path(name) + " obey train\" is not \"*serve*\"\n" +
               "training match    name \"" + name + "\" is \"" + name + "\" (" + rule_place +
               ")\n\n" + killers(subject.pid());
    }

    [[nodiscard]] std::string unmeant() {
        const std::string pid = std::to_string(other.pid());
        const std::string reason = "no match name \"" + other_name + "\" is not \"" + name + "\"\n";
        return other_name + " (" + pid + ") is meant by no rule, at 0\n" + found(other.pid()) +
               "       Score: 0\n\nRULE     VERDICT  REASON\nserving  " + reason + "training " +
               reason + "\n" + killers(other.pid());
    }

    /// stdout, without what differs from moment to moment.
    [[nodiscard]] static std::string settled(const std::string& out) {
        std::string text = std::regex_replace(out, std::regex("number [0-9]+"), "number N");
        text = std::regex_replace(text, std::regex("number N of [0-9]+"), "number N of N");
        text = std::regex_replace(text, std::regex("this one has [0-9]+"), "this one has N");
        text = std::regex_replace(
            text, std::regex("Memory: [0-9.]+[KMG](, in a cgroup with a limit)?"), "Memory: M");
        text = std::regex_replace(text, std::regex("; when its cgroup is full [^\n]*"), "");
        return std::regex_replace(
            text,
            std::regex(", (nothing else is in it|[0-9]+ other process(es are| is) in it)[^\n]*"),
            ", others");
    }
};

TEST_CASE("explain tells what was read, each rule with the key that failed, and each killer") {
    ExplainTest test;
    const auto told = test.ctl.run({"explain", std::to_string(test.subject.pid())});
    CHECK(told.err.empty());
    CHECK(ExplainTest::settled(told.out) == test.trained());
    CHECK(told.status == 0);
}

TEST_CASE("explain takes names and pids, and tells of each") {
    ExplainTest test;
    const auto told = test.ctl.run({"explain", test.name, std::to_string(test.other.pid())});
    CHECK(told.err.empty());
    CHECK(ExplainTest::settled(told.out) == test.trained() + "\n" + test.unmeant());
    CHECK(told.status == 0);
}

TEST_CASE("explain says by whom a descendant is held") {
    ExplainTest test;
    const auto name = test.programs.unique_name();
    const pid_t child = test.subject.tell({"forkexec", test.programs.add(name)});
    (void)test.daemon.client()->Rescan();
    const auto told = test.ctl.run({"explain", "--json", std::to_string(child)});
    const auto one = nlohmann::json::parse(told.out).at(0);
    CHECK(one.at("state") == "held");
    CHECK(one.at("start_time") == start_time(child));
    CHECK(one.at("trials").back() ==
          nlohmann::json({{"rule", "training"},
                          {"origin", test.rule_place},
                          {"verdict", "included"},
                          {"reason", "a descendant of \"" + test.name + "\" (pid " +
                                         std::to_string(test.subject.pid()) + ")"}}));
}

TEST_CASE("explain tells of the others, and exits with 4, where a process is not there") {
    ExplainTest test;
    const auto gone = test.programs.unique_name();
    const auto told = test.ctl.run({"explain", "4194305", std::to_string(test.other.pid()), gone});
    CHECK(ExplainTest::settled(told.out) == test.unmeant());
    CHECK(told.err ==
          "oom-guardctl: no process with pid 4194305: open /proc/4194305: No such file or "
          "directory; look its pid up again\nthere is no process called '" +
              gone + "' and none with that pid; names are those of ps -e\n");
    CHECK(told.status == 4);
}

TEST_CASE("explain of no process at all prints nothing but the error") {
    ExplainTest test;
    const auto told = test.ctl.run({"explain", "--json", "4194305"});
    CHECK(told.out.empty());
    CHECK(told.err ==
          "oom-guardctl: no process with pid 4194305: open /proc/4194305: No such file or "
          "directory; look its pid up again\n");
    CHECK(told.status == 4);
}

}  // namespace
}  // namespace oomguard::test
