// SPDX-License-Identifier: MIT
#include "core/required_literals.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "builders.hpp"

namespace oomguard {
namespace {

/// "(a) (b|c)": a, and b or c. Sorted, because RE2 promises no order.
std::string required(const Pattern& pattern) {
    std::set<std::string> groups;
    for (LiteralGroup group : pattern.required_literals()) {
        std::sort(group.begin(), group.end());
        std::string text;
        for (const std::string& literal : group)
            text += (text.empty() ? "(" : "|") + literal;
        groups.insert(text + ")");
    }
    std::string out;
    for (const std::string& group : groups)
        out += (out.empty() ? "" : " ") + group;
    return out;
}

class RandomExpression {
  public:
    explicit RandomExpression(std::mt19937& engine) : engine_(engine) {}

    std::string sequence(int depth) {
        std::string out;
        for (std::size_t left = 1 + engine_() % 3; left > 0; --left)
            out += part(depth);
        return out;
    }

  private:
    std::string part(int depth) {
        static const std::vector<std::string> kParts = {
            "a",       "b",    "ab",        "B",  "-",  ".",  ".*",        "[ab]", "[^a]",
            "(?i:ab)", "\xe9", "(?i:\xe9)", "a*", "b+", "B?", "(?:ab){2}", "\\b",  "(?i)"};
        if (depth == 0 || engine_() % 4 != 0)
            return kParts[engine_() % kParts.size()];
        const std::string repeat = std::vector<std::string>{"", "*", "+", "?"}[engine_() % 4];
        return "(" + sequence(depth - 1) + "|" + sequence(depth - 1) + ")" + repeat;
    }

    std::mt19937& engine_;
};

}  // namespace

TEST_CASE("a pattern tells the literals without which it cannot match") {
    CHECK(required(regex("worker[0-9]*-17(-[a-z]+)?")) == "(-17) (worker)");
    CHECK(required(regex(R"(.*train_5\.py.* --(resume|epochs)( .*)?)")) == "(train_5.py)");
    CHECK(required(regex("(nginx|apache2).*")) == "(apache2|nginx)");
    CHECK(required(glob("*my_28.py* --Resume")) == "( --resume) (my_28.py)");
    CHECK(required(glob("Xorg")) == "(xorg)");
    CHECK(required(path_glob("/usr/bin/n?inx")) == "(/usr/bin/n) (inx)");
}

TEST_CASE("a pattern that can match without any literal tells none") {
    for (const std::string_view text : {".*", "[a-z]+[0-9]", "(nginx)?", "(nginx|.*)", "a.*b"})
        CHECK(required(regex(text)).empty());
    for (const std::string_view text : {"*", "?", "a", "", "[!a]*"})
        CHECK(required(glob(text)).empty());
}

TEST_CASE("what a pattern matches holds the literals that it requires") {
    const std::vector<std::string> kPieces = {"a", "b", "ab", "AB", "B", "-", "\xe9", "\xc9"};
    std::mt19937 engine(20265);
    RandomExpression expressions(engine);
    int checked = 0;
    for (int round = 0; round < 5000; ++round) {
        const auto pattern = Pattern::regex(expressions.sequence(2));
        if (!pattern)
            continue;
        const auto groups = pattern->required_literals();
        CAPTURE(round, pattern->text());
        for (int tried = 0; tried < 50; ++tried) {
            std::string text;
            for (std::size_t left = engine() % 5; left > 0; --left)
                text += kPieces[engine() % kPieces.size()];
            if (!pattern->matches(text))
                continue;
            for (const LiteralGroup& group : groups) {
                CHECK(std::any_of(group.begin(), group.end(), [&](const std::string& literal) {
                    return in_lower_case(text).find(literal) != std::string::npos;
                }));
                ++checked;
            }
        }
    }
    CHECK(checked > 1000);
}

}  // namespace oomguard
