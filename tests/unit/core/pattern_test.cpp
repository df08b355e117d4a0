// SPDX-License-Identifier: MIT
#include "core/pattern.hpp"

#include <optional>
#include <vector>

#include "builders.hpp"

namespace oomguard {
namespace {

struct Row {
    std::string_view pattern;
    std::vector<std::string_view> matched;
    std::vector<std::string_view> not_matched;
};

void check_row(const Pattern& pattern, const Row& row) {
    CAPTURE(row.pattern);
    for (const std::string_view text : row.matched) {
        CAPTURE(printable(text));
        CHECK(pattern.matches(text));
    }
    for (const std::string_view text : row.not_matched) {
        CAPTURE(printable(text));
        CHECK_FALSE(pattern.matches(text));
    }
}

TEST_CASE("a glob of text matches the whole text") {
    for (const Row& row : {
             Row{"nginx", {"nginx"}, {"", "nginx2", "mynginx", "nginx\n", "Nginx"}},
             Row{"", {""}, {"a", "\n"}},
             Row{"a.c+(b|c)^$", {"a.c+(b|c)^$"}, {"abc", "axc+(b|c)^$"}},
             Row{"*", {"", "a", "a/b c\n\xff"}, {}},
             Row{"python3*", {"python3", "python3.11", "python3\n"}, {"python", "a-python3"}},
             Row{"*.py", {".py", "a/b.py"}, {"a.pyc", "apy"}},
             Row{"*my_28.py*", {"python my_28.py", "my_28.py --x\ny"}, {"my_28_py", "my28.py"}},
             Row{"a*b*c", {"abc", "aXbYc", "abbcc"}, {"acb", "ab", "abcd"}},
             Row{"a**b", {"ab", "a/x/b"}, {"a", "abc"}},
             Row{"a***b", {"ab", "a/x/b"}, {"a", "abc"}},
         })
        check_row(glob(row.pattern), row);
}

TEST_CASE("a question mark is one character, or one byte that is not part of one") {
    for (const Row& row : {
             Row{"?", {"a", "\n", "/", "\xc3\xa9", "\xe6\xbc\xa2", "\xf0\x9f\x90\xa7"}, {"", "ab"}},
             Row{"??", {"ab", "a\xc3\xa9", "\xc3\xa9\xc3\xa9"}, {"a", "\xc3\xa9", "abc"}},
             Row{"???",
                 {"abc"},
                 {"\xe6\xbc\xa2",
                  "\xc3\xa9"
                  "a"}},
             Row{"caf?", {"caf\xc3\xa9", "cafe", "caf\xc3", "caf\xff"}, {"caf", "caf\xa9\xc3"}},
             Row{"?x", {"\xa9x", "\xffx", "ax"}, {"\xa9\xa9x", "x"}},
             Row{"*?", {"a", "\xc3\xa9", "ab\xff"}, {""}},
             Row{"*??", {"ab", "\xc3\xa9\xc3\xa9", "\xff\xfe"}, {"a", "\xc3\xa9"}},
             // not UTF-8: each byte stands alone (overlong, surrogate, cut short)
             Row{"?", {"\x80", "\xff"}, {"\xc0\xaf", "\xed\xa0\x80", "\xe6\xbc"}},
             Row{"??", {"\xc0\xaf", "\xe6\xbc", "\xff\xc3\xa9"}, {"\xed\xa0\x80"}},
             Row{"?\xc3\xa9?", {"\xff\xc3\xa9\xff", "a\xc3\xa9z"}, {"\xff\xc3\xff", "\xc3\xa9"}},
         })
        check_row(glob(row.pattern), row);
}

TEST_CASE("a set is one of its characters") {
    for (const Row& row : {
             Row{"[abc]", {"a", "b", "c"}, {"", "d", "ab", "A"}},
             Row{"tty[0-9]", {"tty0", "tty9"}, {"tty", "ttya", "tty10"}},
             Row{"[a-cx-z_]", {"a", "c", "y", "_"}, {"d", "w", "-"}},
             Row{"[]x]", {"]", "x"}, {"[", ""}},
             Row{"[a-]", {"a", "-"}, {"b"}},
             Row{"[-a]", {"a", "-"}, {"b"}},
             Row{"[a\\]b]", {"a", "]", "b"}, {"\\", "a]"}},
             Row{"[\\!a]", {"!", "a"}, {"\\", "b"}},
             Row{"[a!^]", {"a", "!", "^"}, {"b"}},
             Row{"[\\\\]", {"\\"}, {"a"}},
             Row{"[a\\-c]", {"a", "-", "c"}, {"b"}},
             Row{"[*?[]", {"*", "?", "["}, {"a", ""}},
             Row{"[.$]", {".", "$"}, {"a", ""}},
             Row{"[a-a]", {"a"}, {"b"}},
             Row{"[*-/]", {"*", "/", "."}, {"0", ")"}},
         })
        check_row(glob(row.pattern), row);
}

TEST_CASE("a negated set is one character that is not in it") {
    for (const Row& row : {
             Row{"[!a]", {"b", "/", "\n", "\xc3\xa9", "\xe6\xbc\xa2", "\xff"}, {"a", "", "bc"}},
             Row{"[!a-c]", {"d", "-", "A"}, {"a", "b", "c", "dd", "\xff\xff"}},
             Row{"[^a-c]", {"d", "^"}, {"a", "b", "c"}},
             Row{"[!]]", {"a", "!"}, {"]", ""}},
             Row{"[!!]", {"a"}, {"!"}},
             Row{"[!\\]x]", {"a", "\\"}, {"]", "x"}},
             Row{"[!a][!b]",
                 {"bc",
                  "\xc3\xa9"
                  "a"},
                 {"ab", "bb", "\xc3\xa9"}},
         })
        check_row(glob(row.pattern), row);
}

TEST_CASE("in a path only two stars cross a slash") {
    for (const Row& row : {
             Row{"/usr/bin/*", {"/usr/bin/", "/usr/bin/ls"}, {"/usr/bin", "/usr/bin/x/ls"}},
             Row{"/usr/**", {"/usr/", "/usr/bin/ls"}, {"/usr", "/usrx/ls"}},
             Row{"/**/ls", {"/usr/bin/ls", "/usr/ls"}, {"/ls", "/usr/bin/lsx"}},
             Row{"/user.slice/**", {"/user.slice/a/b.scope"}, {"/user_slice/a", "/user.slice"}},
             Row{"**", {"", "/", "/a/b\n/\xff"}, {}},
             Row{"*", {"", "a", "a\nb", "\xff"}, {"/", "a/b"}},
             Row{"/*/*", {"/a/b", "//"}, {"/a", "/a/b/c"}},
             Row{"/a***b", {"/a/x/b", "/ab"}, {"/a"}},
             Row{"/a?b",
                 {"/axb",
                  "/a\xc3\xa9"
                  "b",
                  "/a\xff"
                  "b"},
                 {"/a/b", "/ab"}},
             Row{"/a[!x]b",
                 {"/ayb",
                  "/a\xc3\xa9"
                  "b"},
                 {"/a/b", "/axb"}},
             Row{"/[a-c]/x", {"/b/x"}, {"/d/x", "///x"}},
             Row{"/a\\*", {"/a*"}, {"/ab", "/a\\*"}},
             Row{"/opt/app", {"/opt/app"}, {"/opt/app/", "/opt/apps"}},
         })
        check_row(path_glob(row.pattern), row);
}

TEST_CASE("a backslash takes the next character as itself") {
    for (const Row& row : {
             Row{"a\\*b", {"a*b"}, {"ab", "axb", "a\\*b"}},
             Row{"\\?", {"?"}, {"a", "\\?"}},
             Row{"\\[a]", {"[a]"}, {"a", "\\[a]"}},
             Row{"a\\\\b", {"a\\b"}, {"ab", "a\\\\b"}},
             Row{"\\nginx", {"nginx"}, {"\nginx", "\\nginx"}},
             Row{"\\\xc3\xa9*", {"\xc3\xa9", "\xc3\xa9x"}, {"\xc3", "\\\xc3\xa9"}},
             Row{"*\\*", {"a*", "*"}, {"a", "a\\"}},
             Row{"[\n\t]\\\n*", {"\n\nx", "\t\n"}, {"n\n", "\nn"}},
         })
        check_row(glob(row.pattern), row);
}

TEST_CASE("a NUL is a character like any other") {
    const std::string_view zero("\0", 1);
    CHECK(glob(zero).matches(zero));
    CHECK(glob("?").matches(zero));
    CHECK(glob("*").matches(zero));
    CHECK_FALSE(glob("").matches(zero));
    CHECK(glob("[" + std::string(zero) + "]").matches(zero));
    CHECK(regex(".").matches(zero));
}

TEST_CASE("a glob without wildcards is an exact text, told as it was written") {
    struct Exact {
        std::string_view glob;
        std::string_view text;
    };
    for (const auto& [written, meant] :
         {Exact{"nginx", "nginx"}, Exact{"a\\*b", "a*b"}, Exact{"\\\\", "\\"}, Exact{"", ""}}) {
        CAPTURE(written);
        const Pattern pattern = glob(written);
        CHECK(pattern.is_exact());
        CHECK(pattern.exact() == meant);
        CHECK(pattern.text() == written);
    }
    for (const std::string_view written : {"a*", "a?", "[a]", "\\*?", "*"}) {
        CAPTURE(written);
        const Pattern pattern = glob(written);
        CHECK_FALSE(pattern.is_exact());
        CHECK(pattern.text() == written);
    }
    CHECK_FALSE(regex("nginx").is_exact());
    CHECK(regex("ngin[x]").text() == "ngin[x]");
    CHECK(regex("").text().empty());
}

TEST_CASE("a pattern tells whether it can match a longer name than the one that was cut") {
    struct Longer {
        std::string_view glob;
        bool may_match;
    };
    for (const auto& [written, may_match] : {
             Longer{"unattended-upgrade", true},
             Longer{"unattended-upgr", false},
             Longer{"unattended", false},
             Longer{"postgres-very-long-name", false},
             Longer{"*", true},
             Longer{"unattended*", true},
             Longer{"unattended-upgr*", true},
             Longer{"unattended-upgrade*", true},
             Longer{"unattended-upgraXe*", true},
             Longer{"un?tt*", true},
             Longer{"unattenbed*", false},
             Longer{"python3*", false},
             Longer{"\\u*", true},
             Longer{"\\**", false},
             Longer{"[un]*", true},
             Longer{"*-upgrade", true},
         }) {
        CAPTURE(written);
        CHECK(glob(written).may_match_longer("unattended-upgr") == may_match);
    }
    CHECK(regex("un.*").may_match_longer("unattended-upgr"));
}

TEST_CASE("what is wrong with a glob is told") {
    constexpr std::string_view kNoEnd = "'[' without ']' (write '\\[' for the character itself)";
    constexpr std::string_view kAscii = "only ASCII characters can stand in '[...]'";
    constexpr std::string_view kSlash = "'/' cannot stand in '[...]' of a path";
    struct Wrong {
        std::string_view glob;
        std::string_view message;
        Pattern::Kind kind = Pattern::Kind::Text;
    };
    for (const auto& [written, message, kind] : {
             Wrong{"a\\", "the pattern ends with a lone '\\'"},
             Wrong{"a[", kNoEnd},
             Wrong{"[]", kNoEnd},
             Wrong{"[!]", kNoEnd},
             Wrong{"[!", kNoEnd},
             Wrong{"[a", kNoEnd},
             Wrong{"[a-", kNoEnd},
             Wrong{"[a-z", kNoEnd},
             Wrong{"[a\\", kNoEnd},
             Wrong{"[a\\]", kNoEnd},
             Wrong{"[z-a]", "the range 'z-a' is the wrong way round"},
             Wrong{"[z-a", "the range 'z-a' is the wrong way round"},
             Wrong{"[a-zb-a]", "the range 'b-a' is the wrong way round"},
             Wrong{"[\xc3\xa9]", kAscii},
             Wrong{"[!\xc3\xa9]", kAscii},
             Wrong{"[\x80]", kAscii},
             Wrong{"[a-\xff]", kAscii},
             Wrong{"[\\\xff]", kAscii},
             Wrong{"[/]", kSlash, Pattern::Kind::Path},
             Wrong{"[!/]", kSlash, Pattern::Kind::Path},
             Wrong{"[a/b]", kSlash, Pattern::Kind::Path},
             Wrong{"[\\/]", kSlash, Pattern::Kind::Path},
             Wrong{"[--/]", kSlash, Pattern::Kind::Path},
             Wrong{"[.-0]", kSlash, Pattern::Kind::Path},
             Wrong{"[!+-9]", kSlash, Pattern::Kind::Path},
         }) {
        CAPTURE(written);
        const auto made = Pattern::glob(written, kind);
        REQUIRE_FALSE(made);
        CHECK(made.error().message() == message);
    }
    CHECK(path_glob("[0-9][--.]").matches("0-"));
    CHECK(glob("[.-0/]").matches("/"));
}

TEST_CASE("a regex matches the whole text") {
    for (const Row& row : {
             Row{"a|bc", {"a", "bc"}, {"", "ab", "abc", "bcd", "ac"}},
             Row{"ngin.", {"nginx", "ngin\n", "ngin\xff"}, {"nginx1", "1nginx", "ngin"}},
             Row{".*", {"", "a\nb\n", "\xff\xfe"}, {}},
             Row{"a$", {"a"}, {"a\n", "a\nb"}},
             Row{"^a", {"a"}, {"b\na", "ba"}},
             Row{"[^a]", {"\n", "b", "\xff"}, {"a", "\xc3\xa9"}},
             Row{"(?i)nginx", {"NGINX", "nginx"}, {"apache"}},
             Row{"\\Qa.b\\E", {"a.b"}, {"axb"}},
             Row{"\xc3\xa9+", {"\xc3\xa9"}, {"\xc3", "e"}},
             Row{"\\xff", {"\xff"}, {"\xc3\xbf"}},
             Row{"", {""}, {"a"}},
         })
        check_row(regex(row.pattern), row);
}

TEST_CASE("what is wrong with a regex is told in the words of RE2") {
    struct Wrong {
        std::string_view regex;
        std::string_view message;
    };
    for (const auto& [written, message] : {
             Wrong{"*a", "no argument for repetition operator: *"},
             Wrong{"[a", "missing ]: [a"},
             Wrong{"(a", "missing ): (a"},
             Wrong{"a{1001}", "invalid repetition size: {1001}"},
             Wrong{"(a)\\1", "invalid escape sequence: \\1"},
             Wrong{"[z-a]", "invalid character class range: z-a"},
         }) {
        CAPTURE(written);
        const auto made = Pattern::regex(written);
        REQUIRE_FALSE(made);
        CHECK(made.error().message() == message);
    }
}

TEST_CASE("a copy of a pattern outlives the pattern") {
    std::optional<Pattern> original = glob("a*");
    const Pattern copy = *original;
    original.reset();
    CHECK(copy.matches("ab"));
    CHECK_FALSE(copy.matches("b"));
    CHECK(copy.text() == "a*");
}

}  // namespace
}  // namespace oomguard
