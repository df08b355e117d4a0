// SPDX-License-Identifier: MIT
#include <filesystem>

#include "bus.hpp"
#include "support/catch.hpp"

// Reload, with good files and with broken ones; and texts that someone else chose.
namespace oomguard::test {
namespace {

/// A daemon that holds one process by a rule, and no news but what a test asks for.
struct Reloading {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    int original = *read_score(subject.pid());
    GuardDaemon daemon;

    Reloading() {
        daemon.write_settings(
            "sources: {proc_connector: false, cgroups: false, rule_files: false}\n");
        daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
        daemon.start();
    }
    ManagerClient& client() { return daemon.client(); }
};

}  // namespace

TEST_CASE("Reload applies the new rules before it returns, and tells their generation") {
    Reloading t;
    t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "400"));
    t.daemon.write_rules("20-more.yaml", rule_text("more", "none-such", "1"));
    CHECK(t.client()->Reload() == 2);
    CHECK(read_score(t.subject.pid()) == 400);
    CHECK(t.client().process(t.subject.pid())->original == t.original);
    const auto reloaded = t.client().wait_for("RulesReloaded");
    REQUIRE(reloaded);
    CHECK(reloaded->generation == 2);
    CHECK(reloaded->rules == 2);
    CHECK(t.client()->Reload() == 3);
    CHECK(t.client()->Generation() == 3);
}

TEST_CASE("Reload with errors fails with every finding, and changes nothing") {
    Reloading t;
    t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "lots"));
    t.daemon.write_rules("20-more.yaml", "rulez: []\n");
    const std::string findings =
        t.daemon.rules_path("10-test.yaml") +
        ":4:20: error: oom_score_adj in rule 'keep' must be an integer from -1000 to 1000, "
        "{at_most: N}, {at_least: N} or unchanged, got \"lots\"\n"
        "        oom_score_adj: lots\n"
        "                       ^\n" +
        t.daemon.rules_path("20-more.yaml") +
        ":1:1: error: unknown key 'rulez' (did you mean 'rules'?)\n"
        "    rulez: []\n"
        "    ^\n";
    CHECK(failure_of([&] { return t.client()->Reload(); }) ==
          "org.oomguard1.Error.InvalidRules: " + findings);
    const auto rejected = t.client().wait_for("RulesRejected");
    REQUIRE(rejected);
    CHECK(rejected->generation == 1);
    CHECK(rejected->text == findings);
    CHECK(t.client().count("RulesReloaded") == 0);
    CHECK(t.client()->Generation() == 1);
    CHECK(t.client()->RuleCount() == 1);
    CHECK(t.client().process(t.subject.pid())->wanted == 345);
    CHECK(read_score(t.subject.pid()) == 345);
    const auto degraded = t.client()->Degraded();
    REQUIRE_FALSE(degraded.empty());
    CHECK(degraded[0] ==
          "files rejected, 2 errors: the 1 rule of generation 1 stays in force; see the log, or "
          "run oom-guardd --check-config");

    // Mended, all is well again.
    t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "400"));
    t.daemon.remove_rules("20-more.yaml");
    CHECK(t.client()->Reload() == 2);
    for (const auto& text : t.client()->Degraded())
        CHECK_FALSE(text.starts_with("files rejected"));
}

TEST_CASE("names that processes give themselves can break no message") {
    Reloading t;
    t.daemon.write_rules("10-test.yaml", "rules:\n  - name: keep\n    match: {exe: \"" +
                                             t.programs.path(t.name) +
                                             "\"}\n    oom_score_adj: 345\n");
    CHECK(t.client()->Reload() == 2);
    const auto pid = static_cast<std::uint32_t>(t.subject.pid());
    for (const auto& [name, shown] :
         std::vector<std::pair<std::string, std::string>>{{"foo) Z 1", "foo) Z 1"},
                                                          {"a\nb\033[2J", "a\\nb\\x1b[2J"},
                                                          {"\xff\xfe\xc3", "\\xff\\xfe\\xc3"},
                                                          {"back\\slash", "back\\\\slash"},
                                                          {"", ""},
                                                          {"<b>&'\"%s%n", "<b>&'\"%s%n"}}) {
        t.subject.tell({"rename", name});
        // No look is halfway then that has read the old name.
        (void)t.client()->Rescan();
        t.client().forget_signals();
        REQUIRE(write_score(t.subject.pid(), 500));
        (void)t.client()->Rescan();
        INFO(shown);
        CHECK(t.client().process(t.subject.pid())->name == shown);
        CHECK(texts_of(t.client()->GetProcess(pid))["Name"] == "s:" + shown);
        const auto drifted = t.client().wait_for("ScoreDrifted", t.subject.pid());
        REQUIRE(drifted);
        CHECK(drifted->process == shown);
    }
    for (const auto& line : t.daemon.log_lines())
        CHECK(line.find('\033') == std::string::npos);
}

TEST_CASE("names of files can break no message either") {
    Reloading t;
    const std::string file = "20-\xff\n\033.yaml";
    t.daemon.remove_rules("10-test.yaml");
    t.daemon.write_rules(file, rule_text("keep", t.name, "345"));
    const std::string shown = t.daemon.rules_path("20-\\xff\\n\\x1b.yaml") + ":2";
    CHECK(t.client()->Reload() == 2);
    CHECK(t.client().rule("keep")->origin == shown);
    const auto pid = static_cast<std::uint32_t>(t.subject.pid());
    CHECK(texts_of(t.client()->GetProcess(pid))["Origin"] == "s:" + shown);

    t.daemon.write_rules(file, "rulez: []\n");
    const auto failure = failure_of([&] { return t.client()->Reload(); });
    CHECK(failure.starts_with("org.oomguard1.Error.InvalidRules: " +
                              t.daemon.rules_path("20-\\xff\\n\\x1b.yaml") + ":1:1: error: "));
    CHECK(t.client().wait_for("RulesRejected"));
    CHECK(t.client()->Generation() == 2);
    for (const auto& line : t.daemon.log_lines())
        CHECK(line.find('\033') == std::string::npos);
}

}  // namespace oomguard::test
