// SPDX-License-Identifier: MIT
#include "config/rule_file.hpp"

#include "loading.hpp"
#include "support/catch.hpp"

namespace oomguard::config::test {
namespace {

SourceFile file(const std::string& path, const std::string& text) {
    return {path, text, std::nullopt};
}

std::string rule(const std::string& name) {
    return "rules: [{name: " + name + ", match: {name: a}, oom_score_adj: 1}]";
}

}  // namespace

TEST_CASE("rules are in the order of the files and of their lines") {
    const LoadedRules loaded = load({file("/z/20.yaml", rule("one") + "\n"), file("/z/empty", ""),
                                     file("/a/10.yaml", "\n" + rule("two"))});
    CHECK(dump(loaded) ==
          "'one' (/z/20.yaml:1): 1\n  name: \"a\"\n"
          "'two' (/a/10.yaml:2): 1\n  name: \"a\"\n");
}

TEST_CASE("a rule name is unique over all files") {
    const LoadedRules loaded =
        load({file("/etc/1.yaml", "\n\n" + rule("same")), file("/etc/2.yaml", rule("same"))});
    CHECK(dump(loaded) ==
          "/etc/2.yaml:1:16: error: the name 'same' is already taken by /etc/1.yaml:3\n"
          "    rules: [{name: same, match: {name: a}, oom_score_adj: 1}]\n"
          "                   ^\n");
}

TEST_CASE("the errors of all files are reported, in the files' order, and none of the rules") {
    const LoadedRules loaded = load({file("b.yaml", rule("good")),
                                     {"c.yaml", "", "Permission denied"},
                                     file("a.yaml", "rules: {"),
                                     file("d.yaml", "x: 1\nrules: 5\n")});
    CHECK(dump(loaded) ==
          "c.yaml: error: cannot be read: Permission denied\n"
          "a.yaml:1:8: error: this '{' is not closed, or a \",\" after an entry of it is missing\n"
          "    rules: {\n"
          "           ^\n"
          "d.yaml:1:1: error: unknown key 'x' (known keys: rules)\n"
          "    x: 1\n"
          "    ^\n"
          "d.yaml:2:8: error: rules must be a list of rules, got \"5\"\n"
          "    rules: 5\n"
          "           ^\n");
    CHECK(count_errors(loaded.diagnostics) == 4);
}

TEST_CASE("a reason for not reading is made printable") {
    CHECK(dump(load({SourceFile{"f.yaml", "", "odd\nreason"}})) ==
          "f.yaml: error: cannot be read: odd\\nreason\n");
}

TEST_CASE("no files are no rules") {
    CHECK(dump(load(std::vector<SourceFile>())).empty());
}

TEST_CASE("a star crosses a slash in texts but not in paths") {
    const LoadedRules loaded = load(
        "rules:\n"
        "  - name: r\n"
        "    match: {name: 'x*', cmdline: 'x*', exe: '/x*', cgroup: '/x*', unit: 'x*',\n"
        "            parent: 'x*', ancestor: 'x*'}\n"
        "    oom_score_adj: 1\n");
    REQUIRE(loaded.rules.size() == 1);
    const Criteria& match = loaded.rules.front().match;
    CHECK(match.name.front().matches("x/y"));
    CHECK(match.cmdline.front().matches("x/y"));
    CHECK(match.unit.front().matches("x/y"));
    CHECK(match.parent.front().matches("x/y"));
    CHECK(match.ancestor.front().matches("x/y"));
    CHECK_FALSE(match.exe.front().matches("/x/y"));
    CHECK_FALSE(match.cgroup.front().matches("/x/y"));
}

TEST_CASE("a regular expression must match the whole text") {
    const LoadedRules loaded =
        load("rules: [{name: r, match: {exe: {regex: '.*/b[ao]t'}}, oom_score_adj: 1}]");
    REQUIRE(loaded.rules.size() == 1);
    const Pattern& exe = loaded.rules.front().match.exe.front();
    CHECK(exe.matches("/usr/bin/bat"));
    CHECK_FALSE(exe.matches("/usr/bin/bats"));
}

TEST_CASE("a user that does not exist leaves a rule that matches nobody") {
    const LoadedRules loaded = load("rules: [{name: r, match: {user: bob}, oom_score_adj: 1}]");
    CHECK(format(loaded.diagnostics) ==
          "f.yaml:1:33: warning: user in match of rule 'r' names the user 'bob', which does not "
          "exist: this entry matches nobody until the account is created and the rules are loaded "
          "again\n"
          "    rules: [{name: r, match: {user: bob}, oom_score_adj: 1}]\n"
          "                                    ^\n");
    REQUIRE(loaded.rules.size() == 1);
    REQUIRE(loaded.rules.front().match.user.has_value());
    CHECK(loaded.rules.front().match.user->empty());
}

}  // namespace oomguard::config::test
