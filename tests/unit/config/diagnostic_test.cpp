// SPDX-License-Identifier: MIT
#include "config/diagnostic.hpp"

#include "support/catch.hpp"

namespace oomguard::config {

using Severity = Diagnostic::Severity;

TEST_CASE("a finding is told as precisely as its place is known") {
    Diagnostic diagnostic{Severity::Error, "f.yaml", 7, 20, "wrong", "    x: y\n       ^\n"};
    CHECK(format(diagnostic) == "f.yaml:7:20: error: wrong\n    x: y\n       ^\n");
    diagnostic = {Severity::Warning, "f.yaml", 0, 0, "odd", ""};
    CHECK(format(diagnostic) == "f.yaml: warning: odd\n");
    diagnostic.file.clear();
    CHECK(format(diagnostic) == "warning: odd\n");
}

TEST_CASE("findings are formatted one after the other and the errors among them counted") {
    const std::vector<Diagnostic> diagnostics = {{Severity::Error, "a", 1, 2, "one", ""},
                                                 {Severity::Warning, "a", 0, 0, "two", ""},
                                                 {Severity::Error, "", 0, 0, "and 5 more", "", 5}};
    CHECK(format(diagnostics) == "a:1:2: error: one\na: warning: two\nerror: and 5 more\n");
    CHECK(count_errors(diagnostics) == 6);
}

TEST_CASE("the caret stands under its column, counted in characters and tabs") {
    CHECK(make_excerpt("a: b\nkey: value\nc: d", 2, 6) == "    key: value\n         ^\n");
    CHECK(make_excerpt("\té:\tx\n", 1, 6) == "    \té:\tx\n    \t  \t^\n");
    CHECK(make_excerpt("a: b\r\nc: d\r\n", 1, 4) == "    a: b\n       ^\n");
    CHECK(make_excerpt("last", 1, 5) == "    last\n        ^\n");
    CHECK(make_excerpt("last", 1, 99) == "    last\n        ^\n");
}

TEST_CASE("there is no excerpt of what is not there") {
    CHECK(make_excerpt("a\n\nb\n", 2, 1).empty());
    CHECK(make_excerpt("a\n", 3, 1).empty());
    CHECK(make_excerpt("a\n", 0, 1).empty());
    CHECK(make_excerpt("a\n", 1, 0).empty());
    CHECK(make_excerpt("", 1, 1).empty());
}

TEST_CASE("an excerpt cannot disturb a terminal") {
    CHECK(make_excerpt("a\x1b[31m\\\xff\xc2\x9b|x", 1, 11) ==
          "    a\\x1b[31m\\\\xff\\xc2\\x9b|x\n" + std::string(26, ' ') + "^\n");
}

TEST_CASE("a line longer than a terminal is cut around the caret") {
    const std::string e76 = [] {
        std::string out;
        for (int i = 0; i < 76; ++i)
            out += "é";
        return out;
    }();
    CHECK(make_excerpt(e76, 1, 1) == "    " + e76 + "\n    ^\n");
    CHECK(make_excerpt(e76 + "x", 1, 1) == "    " + e76.substr(0, 140) + "...\n    ^\n");
    CHECK(make_excerpt(e76 + "x" + e76, 1, 153) == "    ..." + e76.substr(0, 90) + "x" +
                                                       e76.substr(0, 48) + "...\n    " +
                                                       std::string(48, ' ') + "^\n");
    CHECK(make_excerpt(e76 + "x", 1, 153) ==
          "    ..." + e76.substr(0, 90) + "x\n    " + std::string(48, ' ') + "^\n");
}

TEST_CASE("an excerpt is short whatever the bytes of its line are") {
    const std::string stray(10'000, '\x94');
    for (const unsigned column : {1U, 5'000U, 10'000U})
        CHECK(make_excerpt(stray, 1, column).size() < 3'000);
}

}  // namespace oomguard::config
