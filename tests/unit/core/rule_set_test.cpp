// SPDX-License-Identifier: MIT
#include "core/rule_set.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "builders.hpp"

namespace oomguard {
namespace {

Rule named(std::string_view name) {
    return rule_of({.name = {glob(name)}});
}

Rule of_user(Uid uid) {
    return rule_of({.user = {{user(uid)}}});
}

Snapshot with_exe(std::string_view comm, std::string_view exe) {
    Snapshot snapshot = bare(comm);
    set_exe(snapshot, exe);
    return snapshot;
}

TEST_CASE("a rule tells where it was written") {
    CHECK(Origin{std::make_shared<const std::string>("/etc/oom-guardd/rules.d/10-mine.yaml"), 12}
              .text() == "/etc/oom-guardd/rules.d/10-mine.yaml:12");
}

TEST_CASE("no rule matches nothing and needs nothing") {
    CHECK(answer(RuleSet().find(bare("x"))) == "unmatched");
    CHECK(answer(RuleSet(std::vector<Rule>()).find(bare("x"))) == "unmatched");
    CHECK(RuleSet().rules().empty());
}

TEST_CASE("a rule set keeps its rules in their order") {
    std::vector<Rule> rules = {named("b"), of_user(0), named("a")};
    rules[0].name = "first";
    rules[1].name = "second";
    rules[2].name = "third";
    const RuleSet set(rules);
    REQUIRE(set.rules().size() == 3);
    CHECK(set.rules()[0].name == "first");
    CHECK(set.rules()[1].name == "second");
    CHECK(set.rules()[2].name == "third");
}

TEST_CASE("the first rule that matches decides, exact name or not") {
    Snapshot nginx = with_exe("nginx", "/usr/sbin/nginx");
    set_credentials(nginx, 33, {});
    const auto found = [&nginx](std::vector<Rule> rules) {
        return answer(RuleSet(std::move(rules)).find(nginx));
    };
    CHECK(found({named("nginx"), named("ngin*"), named("nginx")}) == "rule 0");
    CHECK(found({named("ngin*"), named("nginx")}) == "rule 0");
    CHECK(found({named("x"), of_user(0), named("nginx"), of_user(33)}) == "rule 2");
    CHECK(found({named("x"), of_user(33), named("nginx")}) == "rule 1");
    CHECK(found({named("x"), named("y"), named("z*")}) == "unmatched");
    // the rest of a rule found by its name must hold too
    CHECK(found({rule_of({.name = {glob("nginx")}, .user = {{user(0)}}}), named("nginx")}) ==
          "rule 1");
    CHECK(found({rule_of({.name = {glob("nginx")}}, {.user = {{user(33)}}})}) == "unmatched");
}

TEST_CASE("a rule by exact name is found through the executable's name when comm differs") {
    const RuleSet set({named("other"), named("sshd"), named("renamed")});
    CHECK(answer(set.find(with_exe("renamed", "/usr/sbin/sshd"))) == "rule 1");
    CHECK(answer(set.find(with_exe("renamed", "/usr/sbin/sshd (deleted)"))) == "rule 1");
    CHECK(answer(set.find(with_exe("renamed", ""))) == "rule 2");
    CHECK(answer(set.find(with_exe("sshd", "/usr/bin/other"))) == "rule 0");
    CHECK(answer(set.find(with_exe("x", "/usr/bin/y"))) == "unmatched");
}

TEST_CASE("a rule with several exact names is found under each") {
    const RuleSet set({named("x"), rule_of({.name = {glob("a"), glob("b"), glob("a")}}),
                       rule_of({.name = {glob("c"), glob("d*")}})});
    CHECK(answer(set.find(with_exe("a", ""))) == "rule 1");
    CHECK(answer(set.find(with_exe("b", ""))) == "rule 1");
    CHECK(answer(set.find(with_exe("z", "/bin/b"))) == "rule 1");
    CHECK(answer(set.find(with_exe("c", ""))) == "rule 2");
    CHECK(answer(set.find(with_exe("z", "/bin/do"))) == "rule 2");
}

TEST_CASE("an exact name longer than comm is found through executable and script") {
    const RuleSet set({named("unattended-upgrade-shutdown"), named("gnome-session-binary"),
                       named("unattended-upgrade")});
    CHECK(answer(set.find(with_exe("x", "/usr/lib/gnome-session-binary"))) == "rule 1");
    CHECK(answer(set.find(with_exe("gnome-session-b", "/usr/lib/gnome-session-binary"))) ==
          "rule 1");
    CHECK(answer(set.find(with_exe("gnome-session-b", "/usr/lib/gnome-session-bus"))) ==
          "unmatched");

    Snapshot script = bare("unattended-upgr");
    CHECK(answer(set.find(script)) == "needs Exe");
    set_exe(script, "/usr/bin/python3.11");
    CHECK(answer(set.find(script)) == "needs Cmdline");
    set_arguments(script, {"python3", "/usr/bin/unattended-upgrade"});
    CHECK(answer(set.find(script)) == "rule 2");
}

TEST_CASE("a rule that is not decided is waited for, whatever a later one says") {
    const Rule by_arguments = rule_of({.cmdline = {glob("*--x*")}});
    const RuleSet set({by_arguments, named("db*"), of_user(0)});
    Snapshot process = bare("db");
    CHECK(answer(set.find(process)) == "needs Cmdline");
    set_arguments(process, {"db", "--y"});
    CHECK(answer(set.find(process)) == "rule 1");
    set_arguments(process, {"db", "--x"});
    CHECK(answer(set.find(process)) == "rule 0");
}

TEST_CASE("rules after the one that decides are not asked what they need") {
    const RuleSet set({named("db*"), rule_of({.cmdline = {glob("*")}}), named("exact")});
    CHECK(answer(set.find(bare("db"))) == "rule 0");
    CHECK(answer(set.find(with_exe("x", ""))) == "needs Cmdline");
}

TEST_CASE("an executable is read while a rule named after it may come first") {
    const RuleSet first_by_user({of_user(0), named("sshd")});
    Snapshot process = bare("x");
    set_credentials(process, 0, {});
    CHECK(answer(first_by_user.find(process)) == "rule 0");
    set_credentials(process, 1, {});
    CHECK(answer(first_by_user.find(process)) == "needs Exe");
    set_exe(process, "/usr/sbin/sshd");
    CHECK(answer(first_by_user.find(process)) == "rule 1");

    const RuleSet first_by_name({named("sshd"), of_user(1)});
    process = bare("x");
    set_credentials(process, 1, {});
    CHECK(answer(first_by_name.find(process)) == "needs Exe");
    set_exe(process, "/bin/x");
    CHECK(answer(first_by_name.find(process)) == "rule 1");
    CHECK(answer(first_by_name.find(bare("sshd"))) == "rule 0");
}

TEST_CASE("rules that fail on the name never read the arguments") {
    const RuleSet set({rule_of({.name = {glob("python3*")}, .cmdline = {glob("*train*")}}),
                       rule_of({.name = {glob("java")}, .cmdline = {regex(".*db.*")}})});
    CHECK(answer(set.find(bare("bash"))) == "needs Exe");
    CHECK(answer(set.find(with_exe("bash", "/bin/bash"))) == "unmatched");
    CHECK(answer(set.find(with_exe("unattended-upgr", "/bin/bash"))) == "unmatched");
    CHECK(answer(set.find(with_exe("java", "/bin/x"))) == "needs Cmdline");
}

}  // namespace
}  // namespace oomguard
