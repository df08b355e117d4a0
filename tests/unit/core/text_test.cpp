// SPDX-License-Identifier: MIT
#include "core/text.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace oomguard {
namespace {

using Candidates = std::vector<std::string_view>;

TEST_CASE("printable leaves text of printable characters alone") {
    for (const std::string_view text :
         {"", "nginx: worker process", "~ -_./'\"$(x)", "caf\xc3\xa9", "\xc2\xa0", "\xdf\xbf",
          "\xe0\xa0\x80", "\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa",
          "\xe6\xbc\xa2\xe5\xad\x97", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd",
          "\xf0\x90\x80\x80", "\xf0\x9f\x90\xa7", "\xf4\x8f\xbf\xbf"}) {
        CAPTURE(text);
        CHECK(printable(text) == text);
        CHECK(find_invalid_utf8(text) == std::nullopt);
    }
}

TEST_CASE("printable escapes control characters and the backslash") {
    struct Row {
        std::string_view text;
        std::string_view shown;
    };
    for (const auto& [text, shown] : {
             Row{"a\nb", "a\\nb"},
             Row{"\t", "\\t"},
             Row{"a\\nb", "a\\\\nb"},
             Row{"\r", "\\x0d"},
             Row{{"a\0b", 3}, "a\\x00b"},
             Row{"\x1b[31mred", "\\x1b[31mred"},
             Row{"\x1f", "\\x1f"},
             Row{"\x7f", "\\x7f"},
             // C1: U+0080, U+0085 (next line), U+009B (the one-byte escape sequence), U+009F
             Row{"\xc2\x80", "\\xc2\\x80"},
             Row{"a\xc2\x85z", "a\\xc2\\x85z"},
             Row{"\xc2\x9b", "\\xc2\\x9b"},
             Row{"\xc2\x9f", "\\xc2\\x9f"},
             // U+2028 and U+202E (right to left override), U+2066 and U+2069 (isolates)
             Row{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},
             Row{"a\xe2\x80\xae z", "a\\xe2\\x80\\xae z"},
             Row{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
             Row{"\xe2\x81\xa9", "\\xe2\\x81\\xa9"},
         }) {
        CAPTURE(shown);
        CHECK(printable(text) == shown);
        CHECK(find_invalid_utf8(text) == std::nullopt);
    }
}

TEST_CASE("bytes that are not UTF-8 are found and escaped one by one") {
    struct Row {
        std::string_view text;
        std::string_view shown;
        std::size_t offset;
    };
    for (const auto& [text, shown, offset] : {
             Row{"\x80", "\\x80", 0},
             Row{"ab\xbf", "ab\\xbf", 2},
             Row{"\xff\xfe", "\\xff\\xfe", 0},
             Row{"\xc3", "\\xc3", 0},
             Row{"\xc3(", "\\xc3(", 0},
             Row{"\xc3\xc0", "\\xc3\\xc0", 0},
             Row{"\xe2\x82\xc0", "\\xe2\\x82\\xc0", 0},
             Row{"\xc3\xc3\xa9", "\\xc3\xc3\xa9", 0},
             Row{"\xc3\xa9\xa9", "\xc3\xa9\\xa9", 2},
             Row{"x\xe2\x82", "x\\xe2\\x82", 1},
             Row{"\xe2\x82|", "\\xe2\\x82|", 0},
             Row{"\xe2(\x82", "\\xe2(\\x82", 0},
             Row{"\xf0\x9f\x90", "\\xf0\\x9f\\x90", 0},
             Row{"\xf0\x9f\x90\xc3", "\\xf0\\x9f\\x90\\xc3", 0},
             // overlong forms of '/', NUL and others
             Row{"\xc0\xaf", "\\xc0\\xaf", 0},
             Row{"\xc1\xbf", "\\xc1\\xbf", 0},
             Row{"\xe0\x80\xaf", "\\xe0\\x80\\xaf", 0},
             Row{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", 0},
             Row{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf", 0},
             // surrogates: U+D800, U+DFFF
             Row{"\xed\xa0\x80", "\\xed\\xa0\\x80", 0},
             Row{"\xed\xbf\xbf", "\\xed\\xbf\\xbf", 0},
             // past U+10FFFF
             Row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 0},
             Row{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80", 0},
         }) {
        CAPTURE(shown);
        CHECK(printable(text) == shown);
        CHECK(find_invalid_utf8(text) == offset);
    }
}

TEST_CASE("whatever two bytes a name holds, printable makes one line of valid UTF-8") {
    for (int first = 0; first < 0x100; ++first) {
        for (int second = 0; second < 0x100; ++second) {
            const std::string text = {static_cast<char>(first), static_cast<char>(second)};
            const std::string shown = printable(text);
            bool clean = !find_invalid_utf8(shown);
            for (const char byte : shown)
                clean = clean && (byte >= ' ' || byte < 0) && byte != '\x7f';
            if (!clean) {
                CAPTURE(first, second, shown);
                CHECK(clean);
            }
        }
    }
    CHECK(printable(std::string(3, '\0')) == "\\x00\\x00\\x00");
}

TEST_CASE("the base name is what follows the last slash") {
    CHECK(base_name("/usr/bin/python3") == "python3");
    CHECK(base_name("bin/sh") == "sh");
    CHECK(base_name("sh") == "sh");
    CHECK(base_name("/usr/bin/").empty());
    CHECK(base_name("/").empty());
    CHECK(base_name("").empty());
}

TEST_CASE("the nearest candidate is found through typing errors") {
    const Candidates keys = {"name",   "cmdline",  "exe",   "cgroup", "unit",
                             "parent", "ancestor", "trust", "user",   "oom_score_adj"};
    struct Row {
        std::string_view word;
        std::string_view meant;
    };
    for (const auto& [word, meant] : {
             Row{"name", "name"},
             Row{"nmae", "name"},  // a swap counts as one
             Row{"anme", "name"},
             Row{"nam", "name"},    // missing
             Row{"naame", "name"},  // one too many
             Row{"nome", "name"},   // another
             Row{"cmdlien", "cmdline"},
             Row{"cmd_lines", "cmdline"},
             Row{"ancetsro", "ancestor"},  // two swaps
             Row{"oom_score", ""},         // four missing
             Row{"oom_scor_ad", "oom_score_adj"},
             Row{"unti", "unit"},
         }) {
        CAPTURE(word);
        CHECK(nearest(word, keys).value_or("") == meant);
    }
}

TEST_CASE("nothing is near if half of a word or three letters would have to change") {
    CHECK(nearest("exe", {"exe"}) == "exe");
    CHECK(nearest("exa", {"exe"}) == "exe");
    CHECK(nearest("eax", {"exe"}) == std::nullopt);    // two of three
    CHECK(nearest("ab", {"ac"}) == std::nullopt);      // one of two
    CHECK(nearest("abcd", {"abxy"}) == std::nullopt);  // two of four
    CHECK(nearest("abcde", {"abcxy"}) == "abcxy");     // two of five
    CHECK(nearest("abcdefgh", {"abcdexyz"}) == std::nullopt);
    CHECK(nearest("abcdefgh", {"abcdefghxyz"}) == std::nullopt);
    CHECK(nearest("my-long-name", {"name"}) == std::nullopt);
    CHECK(nearest("", {"a", "ab"}) == std::nullopt);
    CHECK(nearest("name", {}) == std::nullopt);
    CHECK(nearest("", {""}) == std::nullopt);
}

TEST_CASE("the nearer candidate wins, and of two as near the first") {
    CHECK(nearest("parant", {"payment", "parent"}) == "parent");
    CHECK(nearest("user1", {"users", "user2"}) == "users");
    CHECK(nearest("user1", {"user2", "users"}) == "user2");
    CHECK(nearest("users", {"user1", "users"}) == "users");
}

TEST_CASE("a word too long to be a key is near nothing") {
    const std::string longest(64, 'x');
    CHECK(nearest(longest, {longest}) == longest);
    const std::string too_long(65, 'x');
    CHECK(nearest(too_long, {too_long}) == std::nullopt);
}

TEST_CASE("counted makes the plural") {
    CHECK(counted(0, "rule") == "0 rules");
    CHECK(counted(1, "rule") == "1 rule");
    CHECK(counted(2, "rule") == "2 rules");
    CHECK(counted(1, "process", "processes") == "1 process");
    CHECK(counted(21, "process", "processes") == "21 processes");
}

}  // namespace
}  // namespace oomguard
