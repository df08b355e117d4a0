// SPDX-License-Identifier: MIT
#include "ctl/output/table.hpp"

#include "locale.hpp"
#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

using Align = Table::Align;

Table example() {
    Table table({{"PID", Align::Right}, {"NAME", Align::Left, 4}, {"RULE", Align::Left, 6}});
    table.add({"7", "short", "database-servers"});
    table.add({"4711", {"longer-than-its-heading", Style::Bad}, "-"});
    return table;
}

Terminal of_width(std::size_t columns) {
    Terminal terminal;
    terminal.width = columns;
    return terminal;
}

TEST_CASE("columns are as wide as their widest cell, and lines end where their text does") {
    CHECK(example().text(Terminal{}) ==
          " PID NAME                    RULE\n"
          "   7 short                   database-servers\n"
          "4711 longer-than-its-heading -\n");
    CHECK(example().text(Terminal{}, false) ==
          "   7 short                   database-servers\n"
          "4711 longer-than-its-heading -\n");
}

TEST_CASE("the widest columns that may be cut are, until the table fits") {
    const InLocale utf8("C.UTF-8");
    CHECK(example().text(of_width(45)) == example().text(Terminal{}));
    CHECK(example().text(of_width(38)) ==
          " PID NAME             RULE\n"
          "   7 short            database-servers\n"
          "4711 longer-than-its\u2026 -\n");
    CHECK(example().text(of_width(20)) ==
          " PID NAME    RULE\n"
          "   7 short   databa\u2026\n"
          "4711 longer\u2026 -\n");
}

TEST_CASE("no column is cut below what it must have, however narrow the terminal") {
    const InLocale utf8("C.UTF-8");
    const std::string least =
        " PID NAME RULE\n"
        "   7 sho\u2026 datab\u2026\n"
        "4711 lon\u2026 -\n";
    CHECK(example().text(of_width(16)) == least);
    CHECK(example().text(of_width(1)) == least);
}

TEST_CASE("wide and combining characters stand in their columns") {
    const InLocale utf8("C.UTF-8");
    Table table({{"NAME", Align::Left, 4}, {"N", Align::Right}});
    table.add({"\u6f22\u5b57\u6f22", "1"});
    table.add({"cafe\u0301", "22"});
    CHECK(table.text(Terminal{}) ==
          "NAME    N\n"
          "\u6f22\u5b57\u6f22  1\n"
          "cafe\u0301   22\n");
    CHECK(table.text(of_width(7)) ==
          "NAME  N\n"
          "\u6f22\u2026   1\n"
          "cafe\u0301 22\n");
}

TEST_CASE("an ellipsis is a tilde where the terminal is not UTF-8") {
    Terminal terminal = of_width(16);
    terminal.is_utf8 = false;
    CHECK(example().text(terminal) ==
          " PID NAME RULE\n"
          "   7 sho~ datab~\n"
          "4711 lon~ -\n");
}

TEST_CASE("escapes of colours take no columns") {
    Terminal terminal = of_width(20);
    terminal.has_colour = true;
    CHECK(example().text(terminal, false) ==
          "   7 short   databa\u2026\n"
          "4711 \x1b[1m\x1b[31mlonger\u2026\x1b[0m -\n");
}

}  // namespace
}  // namespace oomguard::ctl
