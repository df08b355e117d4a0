// SPDX-License-Identifier: MIT
#include "ctl/output/terminal.hpp"

#include <cstdlib>

#include "locale.hpp"
#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

TEST_CASE("a wide character takes two columns, one that combines takes none") {
    const InLocale utf8("C.UTF-8");
    CHECK(width_of("") == 0);
    CHECK(width_of("nginx") == 5);
    CHECK(width_of("caf\u00e9") == 4);
    CHECK(width_of("cafe\u0301") == 4);
    CHECK(width_of("\u6f22\u5b57") == 4);
    CHECK(width_of("\U0001f427") == 2);
}

TEST_CASE("where the locale is not UTF-8, a character is one column") {
    const InLocale plain("C");
    CHECK(width_of("caf\u00e9") == 4);
    CHECK(width_of("\u6f22\u5b57") == 2);
}

TEST_CASE("a text that is too long ends in an ellipsis, and takes no more than its columns") {
    const InLocale utf8("C.UTF-8");
    CHECK(fitted("postgres", 8) == "postgres");
    CHECK(fitted("postgres", 7) == "postgr\u2026");
    CHECK(fitted("postgres", 7, false) == "postgr~");
    CHECK(fitted("postgres", 1) == "\u2026");
    CHECK(fitted("postgres", 0).empty());
    CHECK(fitted("", 0).empty());
    // Half a character cannot be shown.
    CHECK(fitted("\u6f22\u5b57\u6f22", 4) == "\u6f22\u2026");
    CHECK(fitted("\u6f22\u5b57", 2) == "\u2026");
    // What combines stays with the character before.
    CHECK(fitted("e\u0301e\u0301e\u0301", 2) == "e\u0301\u2026");
}

/// Of an environment in which these have these values, others none.
Terminal terminal_with(const char* name, const char* value) {
    for (const char* known : {"COLUMNS", "NO_COLOR", "SYSTEMD_COLORS"})
        (void)::unsetenv(known);
    (void)::setenv(name, value, 1);
    const Terminal terminal = Terminal::of_stdout();
    (void)::unsetenv(name);
    return terminal;
}

TEST_CASE("the width is that of COLUMNS, if that is a number") {
    CHECK(terminal_with("COLUMNS", "80").width == 80);
    CHECK(terminal_with("COLUMNS", "1").width == 1);
    for (const char* none : {"", "0", "-5", "80x", "wide"}) {
        CAPTURE(none);
        CHECK(terminal_with("COLUMNS", none).width == terminal_with("OTHER", "").width);
    }
}

TEST_CASE("SYSTEMD_COLORS decides alone whether there are colours") {
    CHECK(terminal_with("SYSTEMD_COLORS", "1").has_colour);
    CHECK(terminal_with("SYSTEMD_COLORS", "256").has_colour);
    CHECK_FALSE(terminal_with("SYSTEMD_COLORS", "0").has_colour);
    CHECK_FALSE(terminal_with("SYSTEMD_COLORS", "no").has_colour);
    CHECK_FALSE(terminal_with("NO_COLOR", "1").has_colour);
}

TEST_CASE("only where there are colours is a text styled") {
    Terminal terminal;
    CHECK(terminal.styled("refused", Style::Bad) == "refused");
    terminal.has_colour = true;
    CHECK(terminal.styled("plain", Style::Plain) == "plain");
    CHECK(terminal.styled("", Style::Bad).empty());
    CHECK(terminal.styled("held", Style::Good) == "\x1b[32mheld\x1b[0m");
    CHECK(terminal.styled("refused", Style::Bad) == "\x1b[1m\x1b[31mrefused\x1b[0m");
}

}  // namespace
}  // namespace oomguard::ctl
