// SPDX-License-Identifier: MIT
#include "core/shadow.hpp"

#include "random_world.hpp"

namespace oomguard {
namespace {

using Numbers = std::vector<std::size_t>;

/// What takes from the last rule all that it matches.
Numbers shadowing_of_last(const std::vector<Rule>& rules) {
    return find_shadowing(rules).back();
}

Rule named(std::vector<Pattern> names) {
    return rule_of(Keys{.name = std::move(names)});
}

TEST_CASE("a pattern covers what certainly matches nothing else") {
    struct Pair {
        Pattern wide;
        Pattern narrow;
        bool covers;
    };
    const Pair pairs[] = {
        {glob("python*"), glob("python3.11"), true},
        {glob("python*"), glob("python3*"), true},
        {glob("python*"), glob("python*"), true},
        {glob("*"), regex("a|b"), true},
        {path_glob("**"), path_glob("/usr/**"), true},
        {path_glob("/usr/**"), path_glob("/usr/bin/*"), true},
        {regex("a+"), regex("a+"), true},
        {glob("a"), glob("a"), true},
        {glob("a"), glob("b"), false},
        {glob("a"), glob("a*"), false},
        {glob("python3*"), glob("python*"), false},
        {glob("*3"), glob("python*3"), false},
        {path_glob("/usr/*"), path_glob("/usr/*/x"), false},
        {glob("a.c"), regex("a.c"), false},
        {regex("a.c"), glob("a.c"), true},
        {glob("a*"), glob("a?"), false},
    };
    for (const auto& [wide, narrow, covers] : pairs) {
        CAPTURE(wide.text(), narrow.text());
        CHECK(wide.covers(narrow) == covers);
    }
}

TEST_CASE("a rule is shadowed by an earlier one by the same names or more") {
    CHECK(shadowing_of_last({named({glob("a"), glob("b")}), named({glob("b")})}) == Numbers{0});
    CHECK(shadowing_of_last({named({glob("x")}), named({glob("py*")}),
                             named({glob("python3"), glob("py2*")})}) == Numbers{1});
    CHECK(shadowing_of_last({named({glob("a")}), named({glob("a"), glob("b")})}).empty());
}

TEST_CASE("a rule is shadowed by several that take one of its names each") {
    CHECK(shadowing_of_last({named({glob("a")}), named({glob("b*")}),
                             named({glob("b1"), glob("a")})}) == Numbers{0, 1});
}

TEST_CASE("a catch-all shadows all that follow it") {
    CHECK(shadowing_of_last({named({glob("*")}), rule_of(Keys{.unit = {glob("a.service")}})}) ==
          Numbers{0});
    CHECK(shadowing_of_last({rule_of(Keys{.cmdline = {glob("*")}}), named({glob("a")})}) ==
          Numbers{0});
    // Not every executable can be read.
    CHECK(shadowing_of_last({rule_of(Keys{.exe = {path_glob("**")}}), named({glob("a")})}).empty());
}

TEST_CASE("what an earlier rule asks besides must be asked by the later one too") {
    const Rule of_alice = rule_of(Keys{.name = {glob("a")}, .user = {{user(1000)}}});
    const Rule of_both = rule_of(Keys{.name = {glob("a")}, .user = {{user(1000), user(0)}}});
    CHECK(shadowing_of_last({of_both, of_alice}) == Numbers{0});
    CHECK(shadowing_of_last({of_alice, of_both}).empty());
    CHECK(shadowing_of_last({of_alice, named({glob("a")})}).empty());
}

TEST_CASE("a rule is not shadowed by one that excepts what it does not except itself") {
    const Keys a{.name = {glob("a")}};
    const Keys dry{.cmdline = {glob("*--dry-run*")}};
    CHECK(shadowing_of_last({rule_of(a, dry), rule_of(a)}).empty());
    CHECK(shadowing_of_last({rule_of(a, dry), rule_of(a, dry)}) == Numbers{0});
    CHECK(shadowing_of_last({rule_of(a), rule_of(a, dry)}) == Numbers{0});
}

TEST_CASE("a rule whose users do not exist is not told as shadowed") {
    Rule nobody = named({glob("a")});
    nobody.match.user.emplace();
    CHECK(shadowing_of_last({named({glob("a")}), nobody}).empty());
    CHECK(shadowing_of_last({nobody, named({glob("a")})}).empty());
}

TEST_CASE("a rule that is told as shadowed never decides") {
    Dice dice(20264);
    const Vocabulary words;
    int shadowed_rules = 0;
    int shadowed_matches = 0;
    for (int round = 0; round < 6000; ++round) {
        const RuleSet set(random_rules(dice, words));
        const auto shadowing = find_shadowing(set.rules());
        for (const auto& earlier : shadowing)
            shadowed_rules += earlier.empty() ? 0 : 1;
        for (int process_number = 0; process_number < 12; ++process_number) {
            CAPTURE(round, process_number);
            const Snapshot process = random_process(dice);
            const Verdict verdict = set.find(process);
            if (verdict.kind == Verdict::Kind::Matched)
                CHECK(shadowing[verdict.rule].empty());
            for (std::size_t index = 0; index < shadowing.size(); ++index) {
                if (shadowing[index].empty() ||
                    matches(set.rules()[index], process).kind != Truth::Kind::Yes)
                    continue;
                ++shadowed_matches;
                bool is_taken = false;
                for (const std::size_t earlier : shadowing[index])
                    is_taken =
                        is_taken || matches(set.rules()[earlier], process).kind == Truth::Kind::Yes;
                CHECK(is_taken);
            }
        }
    }
    CHECK(shadowed_rules > 1000);
    CHECK(shadowed_matches > 1000);
}

TEST_CASE("thousands of rules by exact names are compared by their names only") {
    std::vector<Rule> rules;
    for (int number = 0; number < 30'000; ++number)
        rules.push_back(named({glob("program-" + std::to_string(number))}));
    rules.push_back(named({glob("program-123")}));
    CHECK(shadowing_of_last(rules) == Numbers{123});
}

}  // namespace
}  // namespace oomguard
