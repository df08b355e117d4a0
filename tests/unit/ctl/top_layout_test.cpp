// SPDX-License-Identifier: MIT
#include "ctl/output/terminal.hpp"
#include "ctl/top/columns.hpp"
#include "ctl/top/panes.hpp"
#include "support/catch.hpp"
#include "top_building.hpp"

namespace oomguard::ctl::top {
namespace {

Model full_model() {
    Model model{std::chrono::seconds(2)};
    Snapshot snapshot;
    snapshot.daemon.version = "1.2.3";
    snapshot.daemon.started = 1'000'000;
    snapshot.daemon.rules = 7;
    snapshot.daemon.processes = 40;
    snapshot.daemon.degraded = {"It is raining.", "It is late."};
    snapshot.time = snapshot.daemon.started + std::uint64_t{3'723} * 1'000'000;
    snapshot.machine = {std::uint64_t{1} << 30U, std::uint64_t{1} << 29U, 0, 0};
    snapshot.order = {ranked(10, "chrome", 5000, 300), ranked(11, "bash", 1000),
                      ranked(12, "sshd", -2000, -500), ranked(13, "init", RankRow::kNever, -1000)};
    snapshot.order[0].rule = "browsers";
    snapshot.held = {process(10, "chrome", 300), process(12, "sshd", -500, "refused"),
                     process(13, "init", -1000, "drifting")};
    model.update(snapshot);
    return model;
}

std::string shown(Model& model, std::size_t rows, std::size_t columns) {
    return text_of(frame_of(model, {rows, columns}, true));
}

TEST_CASE("A screen of 80 columns shows the header, the headings, the rows and the keys") {
    Model model = full_model();
    CHECK(shown(model, 12, 80) ==
          "oom-guardd 1.2.3, up 1h 2min, 7 rules\n"
          "1 of 40 processes held, 1 drifting, 1 refused\n"
          "Degraded (2): It is raining.\n"
          "Kill order, 4 processes\n"
          "Memory 1G, 512M available; swap 0B, 0B free\n"
          "PLACE     PID NAME        USER   SCORE WITHOUT  WEIGHT  MEMORY STATE    RULE\n"
          "    1      10 chrome      root     300       0   19.5M    3.9M held     browsers\n"
          "    2      11 bash        alice      0       0    3.9M    3.9M -        -\n"
          "    3      12 sshd        root    -500       0   -7.8M    3.9M refused  -\n"
          "never      13 init        alice  -1000       0       -    3.9M drifting -\n"
          "\n"
          "F1Help F3Search F4Filter F5Held F6Sort uUser EnterExplain dDelay F10Quit\n");
}

TEST_CASE("What is held has the columns of list") {
    Model model = full_model();
    (void)press(model, "t");
    CHECK(shown(model, 11, 80) ==
          "oom-guardd 1.2.3, up 1h 2min, 7 rules\n"
          "1 of 40 processes held, 1 drifting, 1 refused\n"
          "Degraded (2): It is raining.\n"
          "Held, 3 processes\n"
          "Memory 1G, 512M available; swap 0B, 0B free\n"
          "    PID NAME            USER   ORIGINAL WANTED CURRENT  MEMORY STATE    RULE\n"
          "     10 chrome          root          0    500     300       - held     rule-of\u2026\n"
          "     12 sshd            root          0    500    -500       - refused  rule-of\u2026\n"
          "     13 init            alice         0    500   -1000       - drifting rule-of\u2026\n"
          "\n"
          "F1Help F3Search F4Filter F5Order F6Sort uUser EnterExplain dDelay F10Quit\n");
}

TEST_CASE("A row has the look of what it is") {
    Model model = full_model();
    (void)press(model, KeyCode::End);
    const Frame frame = frame_of(model, {12, 80}, true);
    CHECK(frame.lines[6].front().look == Look::First);
    CHECK(frame.lines[7].front().look == Look::Plain);
    CHECK(frame.lines[8].front().look == Look::Refused);
    CHECK(frame.lines[9].front().look == Look::Protected);
    CHECK(frame.lines[9].front().is_selected);
    CHECK_FALSE(frame.lines[8].front().is_selected);
    (void)press(model, "t");
    (void)press(model, KeyCode::End);
    CHECK(frame_of(model, {12, 80}, true).lines[6].front().look == Look::Raised);
}

TEST_CASE("Where there is little room, columns leave, and the header does") {
    Model model = full_model();
    CHECK(shown(model, 6, 40) ==
          "oom-guardd 1.2.3, up 1h 2min, 7 rules\n"
          "PLACE     PID NAME         SCORE  WEIGHT\n"
          "    1      10 chrome         300   19.5M\n"
          "    2      11 bash             0    3.9M\n"
          "    3      12 sshd          -500   -7.8M\n"
          "F1Help F3Search F4Filter F5Held F6Sort\n");
    CHECK(shown(model, 3, 16) ==
          "    PID NAME\n"
          "     10 chrome\n"
          "F1Help F3Search\n");
}

TEST_CASE("No screen gets more than it has, whatever is shown on it") {
    Model model = full_model();
    model.explain({});
    for (const std::string keys :
         {"", "t", "h", "q", "e", "q", "u", "q", ">", "q", "/hello", "\\x"}) {
        if (keys == "q")
            (void)press(model, KeyCode::Escape);
        else
            (void)press(model, keys);
        for (std::size_t rows = 0; rows < 15; ++rows) {
            for (std::size_t columns = 0; columns < 130; ++columns) {
                const Frame frame = frame_of(model, {rows, columns}, true);
                INFO(keys << " " << rows << "x" << columns << "\n" << text_of(frame));
                bool is_within = frame.lines.size() <= rows;
                for (const Line& line : frame.lines)
                    is_within = is_within && width_of(text_of(line)) <= columns;
                is_within = is_within && (!frame.cursor || *frame.cursor < columns);
                REQUIRE(is_within);
            }
        }
        (void)press(model, KeyCode::Escape);
    }
}

TEST_CASE("Where nothing fits, it says so") {
    Model model = full_model();
    CHECK(shown(model, 2, 80) == "too small\n");
    CHECK(shown(model, 24, 15) == "too small\n");
    CHECK(text_of(frame_of(model, {1, 1}, false)) == "~\n");
    CHECK(shown(model, 0, 0).empty());
}

TEST_CASE("The same is drawn alike while less than a minute goes by") {
    Model model = full_model();
    const Frame before = frame_of(model, {24, 80}, true);
    Snapshot later = model.snapshot();
    later.time += 50'000'000;
    model.update(later);
    CHECK(frame_of(model, {24, 80}, true) == before);
}

TEST_CASE("A question has the last line, with the cursor behind what is typed") {
    Model model = full_model();
    (void)press(model, "/ssh");
    Frame frame = frame_of(model, {10, 40}, true);
    CHECK(text_of(frame.lines.back()) == "Search: ssh");
    CHECK(frame.cursor == std::size_t{11});
    (void)press(model, std::string(60, 'x'));
    frame = frame_of(model, {10, 40}, true);
    CHECK(frame.cursor == std::size_t{39});
}

TEST_CASE("The pane tells what a process is, and which rules were tried") {
    Model model = full_model();
    (void)press(model, "e");
    Explained explained;
    explained.details.name = "chrome";
    explained.details.pid = 10;
    explained.details.user = "root";
    explained.details.state = "refused";
    explained.details.current = 1;
    explained.details.wanted = 300;
    explained.details.rule = "browsers";
    explained.details.origin = "/etc/rules.yaml:3";
    explained.details.value = "300";
    explained.details.last_error = "Permission denied";
    explained.details.memory = 4096;
    explained.trials = {{"first", "/etc/rules.yaml:1", "no match", "name: it is chrome"},
                        {"browsers", "/etc/rules.yaml:3", "match", ""}};
    model.explain(explained);
    CHECK(shown(model, 12, 60) ==
          "Process    chrome (10) of root\n"
          "Score      1, refused; wanted 300, original 0\n"
          "Error      Permission denied\n"
          "Rule       browsers (/etc/rules.yaml:3), 300\n"
          "Memory     4K\n"
          "\n"
          "Rules tried, in this order:\n"
          "first: no match, name: it is chrome (/etc/rules.yaml:1)\n"
          "browsers: match (/etc/rules.yaml:3)\n"
          "\n"
          "\n"
          "EscBack F10Quit\n");
}

TEST_CASE("A pane scrolls, but not beyond its end") {
    Model model = full_model();
    (void)press(model, "h");
    const std::string first = shown(model, 5, 60);
    (void)press(model, KeyCode::PageDown);
    CHECK(shown(model, 5, 60) != first);
    for (int times = 0; times < 100; ++times)
        (void)press(model, KeyCode::PageDown);
    const std::string last = shown(model, 5, 60);
    CHECK(last.find("refused    red") != std::string::npos);
    (void)press(model, KeyCode::Up);
    CHECK(shown(model, 5, 60) != last);
    (void)press(model, KeyCode::Home);
    CHECK(shown(model, 5, 60) == first);
}

TEST_CASE("A menu is drawn with its choice, however low the screen is") {
    Model model = full_model();
    (void)press(model, "t>");
    (void)press(model, KeyCode::End);
    (void)press(model, KeyCode::Enter);
    (void)press(model, ">");
    CHECK(shown(model, 3, 60) == "state\nmemory\nEnterChoose EscBack F10Quit\n");
    (void)press(model, KeyCode::Home);
    CHECK(shown(model, 3, 60) == "pid\nname\nEnterChoose EscBack F10Quit\n");
}

TEST_CASE("Text is broken at spaces, and within a word that is longer than a line") {
    using Lines = std::vector<std::string>;
    CHECK(wrapped("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrapped("one two three", 6, 2) == Lines{"one", "  two", "  thre", "  e"});
    CHECK(wrapped("abcdefgh", 3) == Lines{"abc", "def", "gh"});
    CHECK(wrapped("", 3) == Lines{""});
    CHECK(wrapped("ab", 0) == Lines{"a", "b"});
}

}  // namespace
}  // namespace oomguard::ctl::top
