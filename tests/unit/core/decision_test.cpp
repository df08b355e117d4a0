// SPDX-License-Identifier: MIT
#include "core/decision.hpp"

#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace oomguard {
namespace {

constexpr std::optional<Value> kNoRule;
constexpr std::optional<Written> kNothing;

Value exactly(int limit) {
    return {Value::Kind::Exactly, limit};
}

Value at_most(int limit) {
    return {Value::Kind::AtMost, limit};
}

Value at_least(int limit) {
    return {Value::Kind::AtLeast, limit};
}

Value unchanged() {
    return {};
}

/// "hold 0 -> -900 write drift"
std::string told(const Decision& decision) {
    std::string text;
    switch (decision.kind) {
        case Decision::Kind::LeaveAlone:
            text = "leave";
            break;
        case Decision::Kind::Hold:
            text = "hold";
            break;
        case Decision::Kind::Release:
            text = "release";
            break;
        case Decision::Kind::Disinherit:
            text = "disinherit";
            break;
    }
    text += " " + std::to_string(decision.original) + " -> " + std::to_string(decision.wanted);
    if (decision.write)
        text += " write";
    if (decision.drift)
        text += " drift";
    if (decision.clipped)
        text += " clipped";
    if (decision.floor_lowered)
        text += " floor";
    return text;
}

struct Row {
    std::optional<Value> value;
    int current;
    std::optional<Written> written;
    std::optional<Written> inherited;
    std::string_view decision;
};

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.value ? row.value->text() : "no rule", row.current, row.decision);
        CAPTURE(row.written.has_value(), row.inherited.has_value());
        CHECK(told(decide(row.value, row.current, row.written, row.inherited)) == row.decision);
    }
}

TEST_CASE("a value applies to the score a process has of its own") {
    for (const int score : {-1000, -501, -500, -499, -1, 0, 1, 299, 300, 301, 1000}) {
        CAPTURE(score);
        CHECK(exactly(-900).apply(score) == -900);
        CHECK(exactly(0).apply(score) == 0);
        CHECK(at_most(-500).apply(score) == (score < -500 ? score : -500));
        CHECK(at_most(0).apply(score) == (score < 0 ? score : 0));
        CHECK(at_least(300).apply(score) == (score > 300 ? score : 300));
        CHECK(at_least(0).apply(score) == (score > 0 ? score : 0));
        CHECK(unchanged().apply(score) == score);
    }
}

TEST_CASE("a value is told as in a rule file") {
    CHECK(exactly(-900).text() == "-900");
    CHECK(exactly(0).text() == "0");
    CHECK(at_most(-500).text() == "at_most: -500");
    CHECK(at_least(300).text() == "at_least: 300");
    CHECK(unchanged().text() == "unchanged");
    CHECK(Value{Value::Kind::Unchanged, 7}.text() == "unchanged");
}

TEST_CASE("a process of nobody's rule that we never wrote to is left alone") {
    for (const std::optional<Value>& value : {kNoRule, std::optional<Value>(unchanged())}) {
        for (const int current : {-1000, -900, 0, 300}) {
            CAPTURE(current);
            const std::string left =
                "leave " + std::to_string(current) + " -> " + std::to_string(current);
            CHECK(told(decide(value, current, kNothing, kNothing)) == left);
            // nor does it carry what was written to its parent: that is another score
            CHECK(told(decide(value, current, kNothing, Written{0, -77})) == left);
        }
    }
}

TEST_CASE("a process of nobody's rule that carries what was written to its parent is to lose it") {
    const Written low{0, -900};
    check_rows({
        {kNoRule, -900, kNothing, low, "disinherit 0 -> 0 write"},
        {kNoRule, -900, kNothing, Written{0, -900, true}, "disinherit 0 -> 0 write floor"},
        {kNoRule, -900, kNothing, Written{-900, -900}, "leave -900 -> -900"},
        {kNoRule, -900, kNothing, Written{-900, -900, true}, "disinherit -900 -> -900 floor"},
        {kNoRule, -500, kNothing, low, "leave -500 -> -500"},
        {unchanged(), -900, kNothing, low, "leave -900 -> -900"},
        {kNoRule, -900, Written{300, -900}, low, "release 300 -> 300 write"},
    });
}

TEST_CASE("a process seen for the first time is held, and written only if it differs") {
    check_rows({
        {exactly(-900), 0, kNothing, kNothing, "hold 0 -> -900 write"},
        {exactly(-900), -900, kNothing, kNothing, "hold -900 -> -900"},
        {exactly(0), 300, kNothing, kNothing, "hold 300 -> 0 write"},
        {exactly(0), 0, kNothing, kNothing, "hold 0 -> 0"},
        {exactly(500), -1000, kNothing, kNothing, "hold -1000 -> 500 write"},
        {at_most(-500), 0, kNothing, kNothing, "hold 0 -> -500 write"},
        {at_most(-500), -500, kNothing, kNothing, "hold -500 -> -500"},
        {at_most(-500), -800, kNothing, kNothing, "hold -800 -> -800"},
        {at_most(0), 1, kNothing, kNothing, "hold 1 -> 0 write"},
        {at_least(300), 0, kNothing, kNothing, "hold 0 -> 300 write"},
        {at_least(300), 300, kNothing, kNothing, "hold 300 -> 300"},
        {at_least(300), 800, kNothing, kNothing, "hold 800 -> 800"},
        {at_least(0), -1, kNothing, kNothing, "hold -1 -> 0 write"},
    });
}

TEST_CASE("what a child inherited is not its own: the original is the parent's") {
    const Written low{0, -900};
    const Written high{-200, 700};
    check_rows({
        {exactly(-900), -900, kNothing, low, "hold 0 -> -900"},
        {exactly(-300), -900, kNothing, low, "hold 0 -> -300 write"},
        {exactly(0), -900, kNothing, low, "hold 0 -> 0 write"},
        {exactly(700), 700, kNothing, high, "hold -200 -> 700"},
        // a limit is of the score the process would have had without us
        {at_most(-500), -900, kNothing, low, "hold 0 -> -500 write"},
        {at_most(100), -900, kNothing, low, "hold 0 -> 0 write"},
        {at_least(300), -900, kNothing, low, "hold 0 -> 300 write"},
        {at_least(-300), 700, kNothing, high, "hold -200 -> -200 write"},
        // the child has set a score of its own since
        {exactly(-900), 100, kNothing, low, "hold 100 -> -900 write"},
        {at_most(-500), -800, kNothing, low, "hold -800 -> -800"},
        {at_least(300), 0, kNothing, low, "hold 0 -> 300 write"},
    });
}

TEST_CASE("what we wrote to a process itself counts before what it inherited") {
    check_rows({
        {exactly(-900), -900, Written{50, -900}, Written{0, -900}, "hold 50 -> -900"},
        {exactly(-900), -300, Written{50, -900}, Written{0, -300}, "hold 50 -> -900 write drift"},
        {kNoRule, -900, Written{50, -900}, Written{0, -900}, "release 50 -> 50 write"},
        {kNoRule, -300, Written{50, -900}, Written{0, -300}, "leave -300 -> -300"},
    });
}

TEST_CASE("a value that stands is held without a write") {
    check_rows({
        {exactly(-900), -900, Written{0, -900}, kNothing, "hold 0 -> -900"},
        {exactly(0), 0, Written{300, 0}, kNothing, "hold 300 -> 0"},
        {at_most(-500), -500, Written{0, -500}, kNothing, "hold 0 -> -500"},
        {at_least(300), 300, Written{0, 300}, kNothing, "hold 0 -> 300"},
    });
}

TEST_CASE("a rule that changes its value starts from the true original") {
    check_rows({
        {exactly(-300), -900, Written{0, -900}, kNothing, "hold 0 -> -300 write"},
        {exactly(0), -900, Written{0, -900}, kNothing, "hold 0 -> 0 write"},
        {exactly(0), -900, Written{20, -900}, kNothing, "hold 20 -> 0 write"},
        {at_most(-500), -900, Written{0, -900}, kNothing, "hold 0 -> -500 write"},
        {at_most(-500), -900, Written{-800, -900}, kNothing, "hold -800 -> -800 write"},
        {at_most(-500), 300, Written{-600, 300}, kNothing, "hold -600 -> -600 write"},
        {at_least(300), -900, Written{0, -900}, kNothing, "hold 0 -> 300 write"},
        {at_least(300), 900, Written{0, 900}, kNothing, "hold 0 -> 300 write"},
        {at_least(300), 900, Written{500, 900}, kNothing, "hold 500 -> 500 write"},
        // the value stays what it is, by chance
        {exactly(-900), -900, Written{-900, -900}, kNothing, "hold -900 -> -900"},
    });
}

TEST_CASE("a held value that someone changed is drift, and is set again") {
    check_rows({
        {exactly(-900), 0, Written{0, -900}, kNothing, "hold 0 -> -900 write drift"},
        {exactly(-900), -1000, Written{0, -900}, kNothing, "hold 0 -> -900 write drift"},
        {exactly(-900), 300, Written{20, -900}, kNothing, "hold 20 -> -900 write drift"},
        {exactly(0), 300, Written{300, 0}, kNothing, "hold 300 -> 0 write drift"},
        {exactly(300), 0, Written{0, 300}, kNothing, "hold 0 -> 300 write drift"},
        {at_most(-500), 0, Written{20, -500}, kNothing, "hold 20 -> -500 write drift"},
        {at_most(-500), -499, Written{0, -500}, kNothing, "hold 0 -> -500 write drift"},
        {at_least(300), 299, Written{0, 300}, kNothing, "hold 0 -> 300 write drift"},
        {at_least(300), -5, Written{0, 300}, kNothing, "hold 0 -> 300 write drift"},
    });
}

TEST_CASE("a change that gives the rule what it wants is no drift") {
    check_rows({
        // the rule changed to the value that someone had set
        {exactly(-300), -300, Written{0, -900}, kNothing, "hold 0 -> -300"},
        {exactly(0), 0, Written{20, -900}, kNothing, "hold 20 -> 0"},
    });
}

TEST_CASE("a change that a limit allows makes the score the process's own") {
    check_rows({
        {at_most(-500), -800, Written{0, -500}, kNothing, "hold -800 -> -800"},
        {at_most(-500), -501, Written{0, -500}, kNothing, "hold -501 -> -501"},
        {at_most(-500), -500, Written{0, -900}, kNothing, "hold -500 -> -500"},
        {at_least(300), 800, Written{0, 300}, kNothing, "hold 800 -> 800"},
        {at_least(300), 301, Written{0, 300}, kNothing, "hold 301 -> 301"},
        {at_least(0), 5, Written{-5, 0}, kNothing, "hold 5 -> 5"},
    });
}

TEST_CASE("an original beyond a limit is outdated once someone set a score short of it") {
    check_rows({
        {at_least(300), 1, Written{1000, -900}, kNothing, "hold 1 -> 300 write drift"},
        {at_least(300), 1, Written{800, 800}, kNothing, "hold 1 -> 300 write drift"},
        {at_most(-500), 0, Written{-800, 200}, kNothing, "hold 0 -> -500 write drift"},
        {at_most(-500), 0, Written{-500, 200}, kNothing, "hold -500 -> -500 write drift"},
    });
}

TEST_CASE("where -1000 is not allowed -999 is held instead, whoever wanted it") {
    struct Case {
        Value value;
        int current;
        std::optional<Written> written;
        std::string_view anywhere;
        std::string_view killable;
    };
    for (const auto& [value, current, written, anywhere, killable] : std::vector<Case>{
             {exactly(-1000), 0, kNothing, "hold 0 -> -1000 write", "hold 0 -> -999 write clipped"},
             {at_most(-1000), 0, kNothing, "hold 0 -> -1000 write", "hold 0 -> -999 write clipped"},
             // -1000 of its own
             {exactly(-1000), -1000, kNothing, "hold -1000 -> -1000",
              "hold -1000 -> -999 write clipped"},
             {at_most(-500), -1000, kNothing, "hold -1000 -> -1000",
              "hold -1000 -> -999 write clipped"},
             {at_least(-1000), -1000, kNothing, "hold -1000 -> -1000",
              "hold -1000 -> -999 write clipped"},
             // set at -1000 while it is held at another value
             {at_most(-500), -1000, Written{0, -500}, "hold -1000 -> -1000",
              "hold -1000 -> -999 write drift clipped"},
             {exactly(-1000), -1000, Written{0, -999}, "hold 0 -> -1000",
              "hold 0 -> -999 write drift clipped"},
             // the limit came, or went, while it is held
             {exactly(-1000), -1000, Written{0, -1000}, "hold 0 -> -1000",
              "hold 0 -> -999 write clipped"},
             {exactly(-1000), -999, Written{0, -999}, "hold 0 -> -1000 write",
              "hold 0 -> -999 clipped"},
             {at_most(-500), -999, Written{-1000, -999}, "hold -1000 -> -1000 write",
              "hold -1000 -> -999 clipped"},
             // what does not want -1000 is as always
             {exactly(-999), 0, kNothing, "hold 0 -> -999 write", "hold 0 -> -999 write"},
             {exactly(-900), -1000, kNothing, "hold -1000 -> -900 write",
              "hold -1000 -> -900 write"},
             {at_most(-500), -998, Written{-1000, -999}, "hold -998 -> -998", "hold -998 -> -998"},
         }) {
        CAPTURE(value.text(), current);
        CHECK(told(decide(value, current, written, kNothing)) == anywhere);
        CHECK(told(decide(value, current, written, kNothing, kLowestKillableScore)) == killable);
    }
}

TEST_CASE("a process that no rule means may have -1000 anywhere, and is given it back") {
    CHECK(told(decide(kNoRule, -1000, kNothing, kNothing, kLowestKillableScore)) ==
          "leave -1000 -> -1000");
    CHECK(told(decide(kNoRule, -999, Written{-1000, -999}, kNothing, kLowestKillableScore)) ==
          "release -1000 -> -1000 write");
}

TEST_CASE("that a floor was lowered is remembered for as long as the process is held") {
    const Written low{0, -900, true};
    check_rows({
        {exactly(-900), -900, low, kNothing, "hold 0 -> -900 floor"},
        {exactly(300), -900, low, kNothing, "hold 0 -> 300 write floor"},
        {exactly(0), -900, low, kNothing, "hold 0 -> 0 write floor"},
        {exactly(-900), 7, low, kNothing, "hold 0 -> -900 write drift floor"},
        {at_most(-500), -950, low, kNothing, "hold -950 -> -950 floor"},
        // a child has its parent's floor along with its score
        {exactly(-900), -900, kNothing, low, "hold 0 -> -900 floor"},
        {exactly(300), -900, kNothing, low, "hold 0 -> 300 write floor"},
        {exactly(-900), 7, kNothing, low, "hold 7 -> -900 write"},
        // of its own it was not lowered, whatever the parent's
        {exactly(-900), -900, Written{0, -900}, low, "hold 0 -> -900"},
    });
}

TEST_CASE("a score that only our floor lets a process set is ours") {
    const Written low{0, -900, true};
    for (const std::optional<Value>& value : {kNoRule, std::optional<Value>(unchanged())}) {
        check_rows({
            {value, -899, low, kNothing, "release 0 -> 0 write"},
            {value, -1, low, kNothing, "release 0 -> 0 write"},
            {value, -899, Written{100, -900, true}, kNothing, "release 100 -> 100 write"},
            {value, -899, Written{-200, -900, true}, kNothing, "release -200 -> -200 write"},
            // another value is held by now, and how low the floor is, is not known
            {value, -899, Written{100, 300, true}, kNothing, "release 100 -> 100 write"},
            // what it may set without us
            {value, 0, low, kNothing, "leave 0 -> 0"},
            {value, 7, Written{100, -900, true}, kNothing, "leave 7 -> 7"},
            {value, -200, Written{-300, -900, true}, kNothing, "leave -200 -> -200"},
            // what takes privilege
            {value, -901, low, kNothing, "leave -901 -> -901"},
        });
    }
    check_rows({
        // nor is it what a limit allows
        {at_most(-500), -600, low, kNothing, "hold 0 -> -500 write drift floor"},
        {at_most(-500), -950, low, kNothing, "hold -950 -> -950 floor"},
        {at_least(-800), -700, low, kNothing, "hold 0 -> 0 write drift floor"},
    });
}

TEST_CASE(
    "a child has its parent's score, or what only the parent's floor lets it set, or the floor") {
    const Written low{100, -900, true};
    CHECK(low.handed_down(-900) == low);
    CHECK(low.handed_down(-499) == Written{100, -499, true});
    CHECK(low.handed_down(0) == Written{0, 0, true});
    CHECK(low.handed_down(300) == Written{300, 300, true});
    CHECK(low.handed_down(-901) == std::nullopt);
    CHECK(Written{100, 300, true}.handed_down(7) == Written{7, 7, true});
    CHECK(Written{100, -900}.handed_down(-900) == Written{100, -900});
    CHECK(Written{100, -900}.handed_down(-499) == std::nullopt);
}

TEST_CASE("there is something to give back of a value, and of a floor") {
    CHECK(Written{0, -900}.is_owed());
    CHECK(Written{0, 0, true}.is_owed());
    CHECK(Written{0, -900, true}.is_owed());
    CHECK_FALSE(Written{300, 300}.is_owed());
}

TEST_CASE("the original is given back only while the value is still ours") {
    for (const std::optional<Value>& value : {kNoRule, std::optional<Value>(unchanged())}) {
        check_rows({
            {value, -900, Written{0, -900}, kNothing, "release 0 -> 0 write"},
            {value, 0, Written{300, 0}, kNothing, "release 300 -> 300 write"},
            {value, 300, Written{-50, 300}, kNothing, "release -50 -> -50 write"},
            {value, -900, Written{-900, -900}, kNothing, "release -900 -> -900"},
            {value, -899, Written{0, -900}, kNothing, "leave -899 -> -899"},
            {value, 0, Written{0, -900}, kNothing, "leave 0 -> 0"},
            {value, 500, Written{300, 0}, kNothing, "leave 500 -> 500"},
        });
    }
}

TEST_CASE("after a decision was carried out, deciding again writes nothing") {
    constexpr int kScores[] = {-1000, -500, 0, 1, 300, 1000};
    std::vector<Value> values = {unchanged()};
    for (const int limit : kScores)
        values.insert(values.end(), {exactly(limit), at_most(limit), at_least(limit)});
    for (const Value& value : values) {
        for (const int current : kScores) {
            for (const int original : kScores) {
                for (const int before : kScores) {
                    const Written written{original, before};
                    const Decision first = decide(value, current, written, kNothing);
                    if (first.kind != Decision::Kind::Hold)
                        continue;
                    CAPTURE(value.text(), current, original, before);
                    const Decision again = decide(value, first.wanted,
                                                  Written{first.original, first.wanted}, kNothing);
                    CHECK_FALSE(again.write);
                    CHECK_FALSE(again.drift);
                    CHECK(again.original == first.original);
                    CHECK(again.wanted == first.wanted);
                }
            }
        }
    }
}

}  // namespace
}  // namespace oomguard
