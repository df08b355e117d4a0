// SPDX-License-Identifier: MIT
#include <sstream>
#include <vector>

#include "support/catch.hpp"
#include "support/usage.hpp"
#include "top_screen.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kF1 = "\033OP";
constexpr const char* kF5 = "\033[15~";
constexpr const char* kF6 = "\033[17~";
constexpr const char* kDown = "\033OB";
constexpr const char* kEscape = "\033";

std::vector<std::string> words(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

/// The words of the first line with the text.
std::vector<std::string> words_with(const ScreenReader& screen, const std::string& text) {
    const std::size_t row = screen.row_of(text);
    REQUIRE(row < screen.row_of("F10Quit"));
    return words(screen.line(row));
}

/// Two processes of one name, and top with the table of what is held.
struct HeldTable {
    HeldProgram held;
    Subject second = held.programs.start(held.name);
    TopScreen top{held.daemon};

    HeldTable() {
        held.daemon.client()->Rescan();
        top.start();
        REQUIRE(top.terminal.wait_for("Kill order"));
        top.terminal.press(kF5);
        REQUIRE(top.terminal.wait_for("Held, 2 processes"));
    }
};

TEST_CASE("top shows the kill order: place, process, scores, weight, memory, state and rule") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("Kill order"));
    CHECK(top.terminal.screen().is_alternate());
    top.filter(held.name);
    REQUIRE(top.terminal.wait_for("name contains '" + held.name + "'"));
    REQUIRE(top.terminal.wait_for("F10Quit"));
    const auto heading = words_with(top.terminal.screen(), "PLACE");
    CHECK(heading == std::vector<std::string>{"PLACE", "PID", "NAME", "USER", "SCORE", "WITHOUT",
                                              "WEIGHT", "MEMORY", "STATE", "RULE"});
    const auto row = words_with(top.terminal.screen(), " " + held.name + " ");
    REQUIRE(row.size() == 10);
    CHECK(row[1] == std::to_string(held.subject.pid()));
    CHECK(row[2] == held.name);
    CHECK(row[3] == "root");
    CHECK(row[4] == "345");
    CHECK(row[5] == held.original());
    CHECK(row[8] == "held");
    CHECK(row[9] == "keep");
    CHECK(top.terminal.screen().row_of("1 of") == 1);
    CHECK(top.terminal.screen().unknown().empty());
}

TEST_CASE("F5 shows what is held, and F6 sorts it") {
    HeldTable table;
    HeldProgram& held = table.held;
    const Subject& second = table.second;
    TopScreen& top = table.top;
    CHECK(words_with(top.terminal.screen(), "ORIGINAL") ==
          std::vector<std::string>{"PID", "NAME", "USER", "ORIGINAL", "WANTED", "CURRENT", "MEMORY",
                                   "STATE", "RULE"});
    const auto row_of = [&](const Subject& subject) {
        return top.terminal.screen().row_of(std::to_string(subject.pid()) + " " + held.name);
    };
    const bool is_first = held.subject.pid() < second.pid();
    CHECK((row_of(held.subject) < row_of(second)) == is_first);
    top.terminal.press(kF6);
    REQUIRE(top.terminal.wait_for("wanted"));
    // The column that it is sorted by already: the other way round.
    top.terminal.press("\r");
    REQUIRE(top.terminal.wait_for("Held, 2 processes"));
    CHECK((row_of(held.subject) < row_of(second)) == !is_first);
}

TEST_CASE("Enter explains the selected process, and Escape goes back") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("Kill order"));
    top.filter(held.name);
    REQUIRE(top.terminal.wait_for(", 1 process,"));
    top.terminal.press("\r");
    REQUIRE(top.terminal.wait_for("Process    " + held.name + " (" +
                                  std::to_string(held.subject.pid()) + ") of root"));
    CHECK(top.terminal.wait_for("Score      345, held; wanted 345, original " + held.original()));
    CHECK(top.terminal.wait_for("Rules tried"));
    top.terminal.press(kEscape);
    CHECK(top.terminal.wait_for("Kill order"));
}

TEST_CASE("F1 shows the keys and what the columns mean") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("Kill order"));
    top.terminal.press(kF1);
    REQUIRE(top.terminal.wait_for("F6 >       sort what is held"));
    top.terminal.press("q");
    REQUIRE(top.terminal.wait_for("Kill order"));
}

TEST_CASE("What is selected is reversed, and the others have the colour of their score") {
    HeldTable table;
    TopScreen& top = table.top;
    const std::size_t row = top.terminal.screen().row_of(table.held.name);
    constexpr std::size_t kNameColumn = 8;
    constexpr int kYellow = 3;
    CHECK(top.terminal.screen().cell(row, kNameColumn).is_reversed);
    CHECK_FALSE(top.terminal.screen().cell(row + 1, kNameColumn).is_reversed);
    CHECK(top.terminal.screen().cell(row + 1, kNameColumn).colour == kYellow);
    top.terminal.press(kDown);
    CHECK(top.terminal.wait_until(
        [&] { return top.terminal.screen().cell(row + 1, kNameColumn).is_reversed; }));
}

TEST_CASE("A terminal without colours, and NO_COLOR, get none") {
    HeldProgram held;
    const std::string term = GENERATE("vt100", "xterm-256color");
    TopScreen top(held.daemon, term);
    top.ctl.environment.emplace_back("NO_COLOR", "1");
    top.start();
    REQUIRE(top.terminal.wait_for("F10Quit"));
    for (std::size_t row = 0; row < 24; ++row) {
        for (std::size_t column = 0; column < 80; ++column)
            CHECK(top.terminal.screen().cell(row, column).colour == 9);
    }
    CHECK(top.terminal.screen().unknown().empty());
}

TEST_CASE("top looks again by itself, and shows what has come") {
    HeldProgram held;
    const auto name = held.programs.unique_name();
    TopScreen top(held.daemon);
    top.start("0.5");
    REQUIRE(top.terminal.wait_for("Kill order"));
    top.filter(name);
    REQUIRE(top.terminal.wait_for("Kill order, 0 processes"));
    const Subject subject = held.programs.start(name);
    CHECK(top.terminal.wait_for(std::to_string(subject.pid()) + " " + name));
}

TEST_CASE("top takes the size of its terminal, down to one character and back") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("F10Quit"));
    top.terminal.resize(8, 40);
    REQUIRE(top.terminal.wait_until([&] {
        return words(top.terminal.screen().line(3)).front() == "PLACE" &&
               top.terminal.screen().line(7).starts_with("F1Help");
    }));
    top.terminal.resize(2, 12);
    REQUIRE(top.terminal.wait_for("too small"));
    top.terminal.resize(1, 1);
    REQUIRE(top.terminal.wait_for("\u2026"));
    top.terminal.resize(50, 200);
    REQUIRE(top.terminal.wait_for("F10Quit"));
    CHECK(top.terminal.screen().line(49).starts_with("F1Help"));
    CHECK(top.terminal.screen().unknown().empty());
}

TEST_CASE("top can be started on a terminal of one character") {
    HeldProgram held;
    TopScreen top(held.daemon, "xterm-256color", 1, 1);
    top.start();
    REQUIRE(top.terminal.wait_for("\u2026"));
    top.terminal.press("q");
    CHECK(top.terminal.wait_for_end() == 0);
}

TEST_CASE("A hostile name is shown, and does nothing to the terminal") {
    Programs programs;
    const auto name = programs.unique_name();
    const Subject subject = programs.start(name + "\033[7m");
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", rule_text("keep", name + "*", "345"));
    daemon.start();
    TopScreen top(daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("Kill order"));
    top.terminal.press(kF5);
    CHECK(top.terminal.wait_for(name + "\\x1b"));
}

TEST_CASE("Where the locale is not UTF-8, what it does not have is a question mark") {
    Programs programs;
    const auto name = programs.unique_name();
    const Subject subject = programs.start(name + "\u00e9!");
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", rule_text("keep", name + "*", "345"));
    daemon.start();
    TopScreen top(daemon);
    const bool is_utf8 = GENERATE(true, false);
    top.ctl.environment.emplace_back("LC_ALL", is_utf8 ? "C.UTF-8" : "C");
    top.start();
    REQUIRE(top.terminal.wait_for("Kill order"));
    top.terminal.press(kF5);
    CHECK(top.terminal.wait_for(name + (is_utf8 ? "\u00e9!" : "?!")));
}

TEST_CASE("While nothing changes, top writes nothing and does not run") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("F10Quit"));
    const Usage usage(top.terminal.pid());
    std::size_t written = 0;
    const auto is_idle = [&] {
        top.terminal.read();
        written = top.terminal.written();
        const auto run = usage.times().run;
        return always([&] { return usage.times().run == run; }, std::chrono::milliseconds(300));
    };
    REQUIRE(eventually(is_idle));
    top.terminal.read();
    CHECK(top.terminal.written() == written);
}

}  // namespace
}  // namespace oomguard::test
