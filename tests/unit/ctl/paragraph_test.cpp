// SPDX-License-Identifier: MIT
#include "ctl/output/paragraph.hpp"

#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a text is wrapped between words, and a longer word has a line of its own") {
    CHECK(wrapped("", 5) == Lines{""});
    CHECK(wrapped("one two", 7) == Lines{"one two"});
    CHECK(wrapped("one two", 6) == Lines{"one", "two"});
    CHECK(wrapped("a exempt_cgroups b", 5) == Lines{"a", "exempt_cgroups", "b"});
    CHECK(wrapped("one two three", 1) == Lines{"one", "two", "three"});
}

TEST_CASE("labels end in one line, texts go on below themselves") {
    Paragraphs paragraphs;
    paragraphs.add("Rules", "12 in force");
    paragraphs.add("", "10-a.yaml: 12 rules");
    paragraphs.add("Degraded", "a sentence that is longer than the line");
    Terminal terminal;
    CHECK(paragraphs.text(terminal) ==
          "     Rules: 12 in force\n"
          "            10-a.yaml: 12 rules\n"
          "  Degraded: a sentence that is longer than the line\n");
    terminal.width = 36;
    CHECK(paragraphs.text(terminal) ==
          "     Rules: 12 in force\n"
          "            10-a.yaml: 12 rules\n"
          "  Degraded: a sentence that is\n"
          "            longer than the line\n");
    // Not a word a line, where there is no room at all.
    terminal.width = 1;
    CHECK(paragraphs.text(terminal) ==
          "     Rules: 12 in force\n"
          "            10-a.yaml: 12 rules\n"
          "  Degraded: a sentence that is\n"
          "            longer than the line\n");
}

}  // namespace
}  // namespace oomguard::ctl
