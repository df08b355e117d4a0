// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "ctl_files.hpp"
#include "outcome.hpp"
#include "rules.hpp"
#include "support/programs.hpp"

namespace oomguard::test {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

/// Of the rule files alone, with the default settings.
CtlRun check(const TempTree& tree, Arguments more) {
    tree.write("settings.yaml", "");
    Arguments arguments = {"check", "--config", tree.path("settings.yaml"), "--no-processes"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lonely_ctl().run(arguments);
}

/// Directories of copies of a directory's files, some in each, so that no bound on the number of
/// errors is reached.
std::vector<std::string> in_portions(const std::string& directory, const TempTree& tree) {
    constexpr std::size_t kPortion = 12;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory)) {
        if (entry.path().extension() == ".yaml")
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> portions;
    for (std::size_t index = 0; index < files.size(); ++index) {
        if (index % kPortion == 0) {
            portions.push_back(tree.path(std::to_string(index)));
            fs::create_directory(portions.back());
        }
        fs::copy_file(files[index], portions.back() / files[index].filename());
    }
    REQUIRE_FALSE(portions.empty());
    return portions;
}

}  // namespace

TEST_CASE("check finds the errors that oom-guardd finds, in the same words") {
    const TempTree tree;
    tree.write("settings.yaml", "");
    for (const char* kind : {"/rules/bad", "/rules/good"}) {
        const TempTree copies;
        for (const auto& portion : in_portions(std::string(OOMGUARD_TEST_DATA) + kind, copies)) {
            CAPTURE(kind, portion);
            const auto checked = check(tree, {portion, "--no-legend"});
            const Outcome daemon =
                run_guardd({"--config", tree.path("settings.yaml"), "--check-config", portion});
            CHECK(checked.status == daemon.status);
            if (daemon.status == 0) {
                CHECK(checked.out.starts_with(daemon.errors));
                CHECK(lines_with(checked.out, " error: ").empty());
            } else {
                // The daemon's last line is the number of its errors.
                const auto errors = std::to_string(lines_with(checked.out, ": error: ").size());
                CHECK(daemon.errors ==
                      checked.out + errors + (errors == "1" ? " error" : " errors") + "\n");
            }
        }
    }
}

TEST_CASE("check finds the errors of the settings that oom-guardd finds") {
    for (const auto& entry :
         fs::directory_iterator(std::string(OOMGUARD_TEST_DATA) + "/settings/bad")) {
        if (entry.path().extension() != ".yaml")
            continue;
        CAPTURE(entry.path());
        const TempTree rules;
        const auto checked = lonely_ctl().run(
            {"check", "--config", entry.path().string(), "--no-legend", rules.path()});
        const Outcome daemon =
            run_guardd({"--config", entry.path().string(), "--check-config", rules.path()});
        CHECK(checked.status == daemon.status);
        CHECK(daemon.errors.starts_with(checked.out));
    }
}

TEST_CASE("check has nothing to say against the shipped rules") {
    const TempTree tree;
    const auto checked = check(tree, {OOMGUARD_SHIPPED_RULES});
    CHECK(checked.out == "5 rules in 5 files: no errors\n");
    CHECK(checked.err.empty());
    CHECK(checked.status == 0);
}

TEST_CASE("check tells warnings, and exits with 0") {
    const TempTree tree;
    tree.write("a/10-a.yaml", rule_file({rule("all", "{name: '*'}", "-1000"),
                                         rule("late", "{name: x, user: root}", "5")}));
    const auto checked = check(tree, {tree.path("a/")});
    CHECK(checked.out ==
          tree.path("a/10-a.yaml") +
              ":2: warning: rule 'all' protects every process, and so none from another: name the "
              "few that matter\n" +
              tree.path("a/10-a.yaml") +
              ":5: warning: rule 'late' is reached only by processes that may not be lowered, "
              "because "
              "rule 'all' at " +
              tree.path("a/10-a.yaml") +
              ":2 matches before it all that it matches: put it further up, or remove it\n" +
              "2 rules in 1 file: no errors, 2 warnings\n");
    CHECK(checked.err.empty());
    CHECK(checked.status == 0);
}

TEST_CASE("check judges a file alone, and together with directories in place of its namesake") {
    const TempTree tree;
    tree.write("a/10-a.yaml", program_rule("x", 5));
    tree.write("a/20-b.yaml", "rules: 5\n");
    tree.write("20-b.yaml", program_rule("y", 6));
    CHECK(check(tree, {tree.path("20-b.yaml")}).out == "1 rule in 1 file: no errors\n");
    const auto both = check(tree, {tree.path("a"), tree.path("20-b.yaml")});
    CHECK(both.out ==
          tree.path("20-b.yaml") + ":2:11: error: the name 'test' is already taken by " +
              tree.path("a/10-a.yaml") + ":2\n      - name: test\n              ^\n" + "1 error\n");
    CHECK(both.status == 1);
}

TEST_CASE("check tells what is not there, and of names that oom-guardd passes over") {
    const TempTree tree;
    tree.write("mine.yml", program_rule("y", 6));
    const auto checked =
        check(tree, {tree.path("mine.yml"), tree.path("none.yaml"), tree.path("none/")});
    CHECK(checked.out == tree.path("none") + ": error: there is no such directory\n" +
                             tree.path("mine.yml") +
                             ": warning: oom-guardd passes over files of such names: give it one "
                             "that ends with .yaml and does not begin with a dot\n" +
                             tree.path("none.yaml") +
                             ": error: cannot be read: No such file or directory\n"
                             "2 errors, 1 warning\n");
    CHECK(checked.status == 1);
}

TEST_CASE("check refuses two files of the same name") {
    const TempTree tree{{"a/x.yaml", ""}, {"b/x.yaml", ""}};
    const auto checked = check(tree, {tree.path("a/x.yaml"), tree.path("b/x.yaml")});
    CHECK(checked.err == "oom-guardctl: " + tree.path("a/x.yaml") + " and " +
                             tree.path("b/x.yaml") +
                             " have the same name, so that only one of them would be read: name "
                             "one at a time\n");
    CHECK(checked.status == 1);
}

TEST_CASE("check --json tells each finding and how many there are") {
    const TempTree tree;
    tree.write("10-a.yaml", "rules:\n  - name: x\n    match: {name: x}\n    oom_score_adj: 5x\n");
    auto checked = check(tree, {"--json", tree.path("10-a.yaml")});
    CHECK(nlohmann::json::parse(checked.out) ==
          nlohmann::json(
              {{"findings",
                {{{"file", tree.path("10-a.yaml")},
                  {"line", 4},
                  {"column", 20},
                  {"severity", "error"},
                  {"message",
                   "oom_score_adj in rule 'x' must be an integer from -1000 to 1000, {at_most: "
                   "N}, {at_least: N} or unchanged, got \"5x\""}}}},
               {"errors", 1},
               {"warnings", 0},
               {"notes", 0},
               {"rules", 0},
               {"files", 1}}));
    CHECK(checked.status == 1);
    tree.write("10-a.yaml", rule_file({rule("all", "{name: x}", "-1")}));
    checked = check(tree, {"--json", tree.path("10-a.yaml")});
    const auto findings = nlohmann::json::parse(checked.out).at("findings");
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].at("line") == 2);
    CHECK(findings[0].at("column").is_null());
    CHECK(findings[0].at("severity") == "warning");
    CHECK(checked.status == 0);
}

TEST_CASE("check notes the rules that decide for no process that runs") {
    Programs programs;
    const auto running = programs.unique_name();
    const Subject subject = programs.start(running);
    const TempTree tree;
    tree.write("settings.yaml", "");
    tree.write("10-a.yaml", rule_file({rule("runs", named(running), "unchanged"),
                                       rule("rests", named(programs.unique_name()), "5")}));
    const auto checked =
        lonely_ctl().run({"check", "--config", tree.path("settings.yaml"), tree.path("10-a.yaml")});
    CHECK(lines_with(checked.out, tree.path()) ==
          Arguments{tree.path("10-a.yaml") +
                    ":5: note: rule 'rests' decides for no process that runs now: if it should, "
                    "ask for one with oom-guardctl explain PID why it does not"});
    CHECK(checked.status == 0);
}

TEST_CASE("check by another user than root tells that not every executable can be read") {
    if (!is_root())
        return;
    Programs programs;
    const Subject subject = programs.start(programs.unique_name());
    const TempTree tree;
    fs::permissions(tree.path(), fs::perms(0755));
    tree.write("settings.yaml", "");
    tree.write("10-a.yaml", program_rule("oomguard-none", 5));
    auto ctl = lonely_ctl();
    ctl.prepare = become_nobody;
    const auto checked =
        ctl.run({"check", "--config", tree.path("settings.yaml"), tree.path("10-a.yaml")});
    CHECK(checked.err.empty());
    CHECK(lines_with(checked.out, "executables").size() == 1);
    CHECK(lines_with(checked.out,
                     "could not be read, and rules may mean some by them: ask again "
                     "as root")
              .size() == 1);
    CHECK(checked.status == 0);
}

TEST_CASE("check is about this machine") {
    const auto checked = lonely_ctl().run({"--host", "other", "check"});
    CHECK(checked.err ==
          "oom-guardctl: this is about files of this machine; without --host, on other: ssh other "
          "oom-guardctl ...\n");
    CHECK(checked.status == 1);
}

}  // namespace oomguard::test
