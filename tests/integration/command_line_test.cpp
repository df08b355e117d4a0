// SPDX-License-Identifier: MIT
#include <string>

#include "outcome.hpp"
#include "rules.hpp"
#include "support/catch.hpp"

// What oom-guardd does besides guarding, but for --restore.
namespace oomguard::test {

TEST_CASE("A check of good files says how many rules there are") {
    const TempTree tree{{"settings.yaml", ""},
                        {"a/10-a.yaml", program_rule("x", 5)},
                        {"b/20-b.yaml", rule_file({rule("b", "{name: y}", "5")})}};
    const Outcome outcome = run_guardd(
        {"--config", tree.path("settings.yaml"), "--check-config", tree.path("a"), tree.path("b")});
    CHECK(outcome.status == 0);
    CHECK(outcome.output == "2 rules in 2 files: no errors\n");
    CHECK(outcome.errors.empty());
}

TEST_CASE("A check tells every error, and of each directory that does not exist") {
    const TempTree tree{{"settings.yaml", "dry_run: 5\n"}, {"a/10-a.yaml", "rules: 5\n"}};
    const Outcome outcome = run_guardd({"--config", tree.path("settings.yaml"), "--check-config",
                                        tree.path("a"), tree.path("none"), tree.path("nor-this")});
    CHECK(outcome.status == 1);
    CHECK(outcome.output.empty());
    CHECK(outcome.errors == tree.path("none") + ": error: there is no such directory\n" +
                                tree.path("nor-this") + ": error: there is no such directory\n" +
                                tree.path("settings.yaml") +
                                ":1:10: error: dry_run must be true or false, got \"5\"\n"
                                "    dry_run: 5\n"
                                "             ^\n" +
                                tree.path("a/10-a.yaml") +
                                ":1:8: error: rules must be a list of rules, got \"5\"\n"
                                "    rules: 5\n"
                                "           ^\n"
                                "4 errors\n");
}

TEST_CASE("A configuration file that is given must exist") {
    const TempTree tree{{"a/", ""}};
    const std::string missing = tree.path("settings.yaml");
    const Outcome outcome = run_guardd({"--config", missing, "--check-config", tree.path("a")});
    CHECK(outcome.status == 1);
    CHECK(outcome.errors ==
          missing + ": error: cannot be read: No such file or directory\n1 error\n");
}

TEST_CASE("Help is printed for -h as for --help") {
    const Outcome help = run_guardd({"--help"});
    CHECK(help.status == 0);
    CHECK(help.output.find("Usage: oom-guardd") != std::string::npos);
    const Outcome brief = run_guardd({"-h"});
    CHECK(brief.status == 0);
    CHECK(brief.output == help.output);
}

TEST_CASE("Wrong options are told and end with 2") {
    for (const std::string option : {"--no-such-option", "--log-level=loud"}) {
        CAPTURE(option);
        const Outcome outcome = run_guardd({option});
        CHECK(outcome.status == 2);
        CHECK_FALSE(outcome.errors.empty());
    }
    CHECK(run_guardd({"--restore", "--dry-run"}).status == 2);
    CHECK(run_guardd({"--restore", "--check-config"}).status == 2);
}

}  // namespace oomguard::test
