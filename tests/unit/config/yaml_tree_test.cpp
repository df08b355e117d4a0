// SPDX-License-Identifier: MIT
#include "config/yaml_tree.hpp"

#include <span>

#include "support/catch.hpp"

namespace oomguard::config {
namespace {

std::string place(const Mark& mark) {
    return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

/// The tree on one line: each value with its place, texts in their quotes.
std::string dump(const YamlNode& node) {
    std::string out;
    switch (node.kind) {
        case YamlNode::Kind::Null:
            return "null@" + place(node.mark);
        case YamlNode::Kind::Invalid:
            return "invalid@" + place(node.mark);
        case YamlNode::Kind::Scalar:
            return (node.quoted ? "'" + std::string(node.text) + "'" : std::string(node.text)) +
                   "@" + place(node.mark);
        case YamlNode::Kind::Sequence:
            for (const YamlNode& item : node.items())
                out += " " + dump(item);
            return "[" + out + " ]@" + place(node.mark);
        case YamlNode::Kind::Map:
            for (const YamlEntry& entry : node.entries())
                out += " " + std::string(entry.key) + "@" + place(entry.mark) + ": " +
                       dump(entry.value);
            return "{" + out + " }@" + place(node.mark);
    }
    return out;
}

std::string parse(std::string_view text) {
    Findings findings;
    const auto tree = parse_yaml(text, findings);
    return (tree ? dump(tree->root) : "nothing") + (findings.has_errors() ? " with errors" : "");
}

std::string errors(const std::string& text) {
    Findings findings;
    CHECK_FALSE(parse_yaml(text, findings).has_value());
    const SourceFile file{"f.yaml", text, std::nullopt};
    return format(findings.report(std::span(&file, 1)));
}

}  // namespace

TEST_CASE("values keep their text, their order and whether they were quoted") {
    CHECK(parse("z: 010\na: [\"x\", 'y', true, ~]\nm: |\n  p\n  q\nf: >-\n  r\n  s\n") ==
          "{ z@1:1: 010@1:4 a@2:1: [ 'x'@2:5 'y'@2:10 true@2:15 null@2:21 ]@2:4"
          " m@3:1: 'p\nq\n'@3:4 f@6:1: 'r s'@6:4 }@1:1");
}

TEST_CASE("places count bytes from one, whatever stands before") {
    CHECK(parse("é: {ü: \"ß\", x: y}\n\xf0\x9f\x99\x82:\t漢\r\nk: v") ==
          "{ é@1:1: { ü@1:6: 'ß'@1:10 x@1:16: y@1:19 }@1:5 \xf0\x9f\x99\x82@2:1: 漢@2:7"
          " k@3:1: v@3:4 }@1:1");
}

TEST_CASE("a missing value is where its key or its dash is") {
    CHECK(parse("a:\nb:\n\n\nc: ~\n") == "{ a@1:1: null@1:1 b@2:1: null@2:1 c@5:1: null@5:1 }@1:1");
    CHECK(parse("a:\n  -\n\n  -  # - x\n  # - y\n\n  - z\n  -") ==
          "{ a@1:1: [ null@2:3 null@4:3 z@7:5 null@8:3 ]@2:3 }@1:1");
    CHECK(parse("- - \n  - x\n-\n") == "[ [ null@1:3 x@2:5 ]@1:3 null@3:1 ]@1:1");
    CHECK(parse("é: [a, , ~]") == "{ é@1:1: [ a@1:6 null@1:9 null@1:11 ]@1:5 }@1:1");
}

TEST_CASE("no document is a missing value") {
    for (const std::string_view text : {"", "\n\n", "# only\n", "---\n", "---\n...\n", "~"})
        CHECK(parse(text).substr(0, 5) == "null@");
}

TEST_CASE("what was reported is passed over and the rest is there") {
    CHECK(parse("a: &x b\nc: *x\n? [d]\n: e\nf: !t g\nf: h\n") ==
          "{ a@1:1: b@1:4 c@2:1: invalid@2:4 f@5:1: g@5:4 f@6:1: h@6:4 }@1:1 with errors");
}

TEST_CASE("a text whose quotes are closed is never taken for an open one") {
    CHECK(parse(R"(["a\"b", "\\", 'it''s', '\', "", '', ''''])") ==
          R"([ 'a"b'@1:2 '\'@1:10 'it's'@1:16 '\'@1:25 ''@1:30 ''@1:34 '''@1:38 ]@1:1)");
}

TEST_CASE("a text whose quotes are not closed gives no tree") {
    for (const std::string_view text :
         {"\"", "'", "\"a\\\"", "'a''", "a: \"b\n", "- 'b\n# it''s", "\"a\\"})
        CHECK(parse(text) == "nothing with errors");
}

TEST_CASE("an escape at the end of the file is an error at its end") {
    CHECK(errors("a: \"b\\") ==
          "f.yaml:1:7: error: the file ends within a quoted text\n"
          "    a: \"b\\\n"
          "          ^\n");
}

}  // namespace oomguard::config
