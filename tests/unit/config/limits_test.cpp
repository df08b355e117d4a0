// SPDX-License-Identifier: MIT
#include "loading.hpp"
#include "support/catch.hpp"

namespace oomguard::config::test {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string out;
    out.reserve(text.size() * count);
    for (std::size_t i = 0; i < count; ++i)
        out += text;
    return out;
}

std::string rules(std::size_t count) {
    std::string out = "rules:\n";
    for (std::size_t i = 0; i < count; ++i)
        out += "  - {name: r" + std::to_string(i) + ", match: {name: a}, oom_score_adj: 1}\n";
    return out;
}

std::string message_of(const LoadedRules& loaded) {
    REQUIRE(loaded.diagnostics.size() == 1);
    Diagnostic diagnostic = loaded.diagnostics.front();
    diagnostic.excerpt.clear();
    return format(diagnostic);
}

}  // namespace

TEST_CASE("loading stops at the first rule too many, counted over all files") {
    const SourceFile three{"three.yaml", rules(3), std::nullopt};
    const SourceFile more{
        "more.yaml",
        "rules:\n  - {name: x, match: {name: a}, oom_score_adj: 1}\n  - bad\n  - bad\n",
        std::nullopt};
    const SourceFile unread{"unread.yaml", "bad", std::nullopt};
    CHECK(load_rules({three}, accounts(), {3}).rules.size() == 3);
    CHECK(dump(load_rules({three, more, unread}, accounts(), {4})) ==
          "more.yaml:3:5: error: more than 4 rules in all files together\n"
          "      - bad\n"
          "        ^\n");
}

TEST_CASE("100,000 rules are refused by the default limit with one error") {
    CHECK(message_of(load(rules(100'000))) ==
          "f.yaml:32770:5: error: more than 32768 rules in all files together\n");
}

TEST_CASE("100,000 rules load where the limit allows") {
    const LoadedRules loaded =
        load_rules({{"f.yaml", rules(100'000), std::nullopt}}, accounts(), {100'000});
    CHECK(loaded.diagnostics.empty());
    CHECK(loaded.rules.size() == 100'000);
}

TEST_CASE("the first hundred errors and warnings are shown and the others counted") {
    const LoadedRules loaded =
        load("rules: [" + repeat("5, ", 5'000) + "{name: r, match: {user: [" +
             repeat("bob, ", 101) + "]}, oom_score_adj: 1}]");
    REQUIRE(loaded.diagnostics.size() == 202);
    CHECK(count_errors(loaded.diagnostics) == 5'000);
    CHECK(format(loaded.diagnostics[200]) == "error: and 4900 more errors\n");
    CHECK(format(loaded.diagnostics[201]) == "warning: and 1 more warning\n");
}

TEST_CASE("a hundred errors are all shown") {
    const LoadedRules loaded = load("rules: [" + repeat("5, ", 100) + "]");
    CHECK(loaded.diagnostics.size() == 100);
    CHECK(count_errors(loaded.diagnostics) == 100);
}

TEST_CASE("a map of many wrong and duplicate keys is one list of errors") {
    std::string text = "rules: []\n";
    for (int i = 0; i < 20'000; ++i)
        text += "k" + std::to_string(i) + ": 1\n";
    CHECK(count_errors(load(text + text).diagnostics) == 40'000 + 20'001);
}

TEST_CASE("nesting of any depth and style is refused where it passes the limit") {
    const std::string too_deep = "error: lists and maps more than 16 deep\n";
    CHECK(message_of(load(repeat("[", 10'000) + repeat("]", 10'000))) ==
          "f.yaml:1:17: " + too_deep);
    CHECK(message_of(load(repeat("{a: ", 10'000) + repeat("}", 10'000))) ==
          "f.yaml:1:65: " + too_deep);
    CHECK(message_of(load("rules:\n  " + repeat("- ", 10'000) + "x")) ==
          "f.yaml:2:33: " + too_deep);
    CHECK(message_of(load(repeat("? ", 10'000))) == "f.yaml:1:33: " + too_deep);
    std::string block;
    for (std::size_t depth = 0; depth < 10'000; ++depth)
        block += std::string(depth, ' ') + "a:\n";
    CHECK(message_of(load(block)) == "f.yaml:17:17: " + too_deep);
    for (const std::string_view open : {"[", "{", "{a: ", "[a: "})
        CHECK(message_of(load(repeat(open, 10'000))).ends_with(too_deep));
}

TEST_CASE("sixteen levels are not too deep to be looked at") {
    CHECK(message_of(load("rules: [" + repeat("[", 14) + repeat("]", 14) + "]")) ==
          "f.yaml:1:9: error: a rule must be a map, got a list\n");
}

TEST_CASE("ten megabytes of one text, of comments or of empty lines are read") {
    constexpr std::size_t kTenMegabytes = 10'000'000;
    const std::string text(kTenMegabytes, 'x');
    CHECK(message_of(load("rules: " + text)) ==
          "f.yaml:1:8: error: rules must be a list of rules, got \"" + text.substr(0, 64) +
              "...\"\n");
    CHECK(dump(load("# " + text)).empty());
    CHECK(dump(load(std::string(kTenMegabytes, '\n'))).empty());
    CHECK(message_of(load(text + "\xff")) ==
          "f.yaml:1:10000001: error: not UTF-8: byte 0xff at offset 10000000\n");
}

}  // namespace oomguard::config::test
