// SPDX-License-Identifier: MIT
#include "core/ledger.hpp"

#include <limits>
#include <optional>
#include <string>

#include "support/catch.hpp"

namespace oomguard {
namespace {

constexpr std::string_view kBoot = "0f3c2f5e-8f6a-4e4a-9b0e-2a1d0c9b8a77";

std::string journal(const std::string& lines) {
    return ledger_header(kBoot) + lines;
}

Ledger read_lines(const std::string& lines) {
    return parse_ledger(journal(lines), kBoot);
}

TEST_CASE("a ledger's lines are text that anyone can read") {
    CHECK(ledger_header(kBoot) == "oom-guardd-ledger 1 0f3c2f5e-8f6a-4e4a-9b0e-2a1d0c9b8a77\n");
    CHECK(ledger_hold_line({4711, 98765}, {0, -900}) == "hold 4711 98765 0 -900\n");
    CHECK(ledger_hold_line({4711, 98765}, {0, -900, true}) == "hold 4711 98765 0 -900 floor\n");
    CHECK(ledger_hold_line({4711, 98765}, {0, -900, true, Descent{{12, 34}, "my rule"}}) ==
          "hold 4711 98765 0 -900 floor of 12 34 my rule\n");
    CHECK(ledger_drop_line({4711, 98765}) == "drop 4711 98765\n");
    CHECK(ledger_pin_line(4711, {98765, -900}) == "pin 4711 98765 -900 reset\n");
    CHECK(ledger_pin_line(4711, {98765, -900, Children::Include}) ==
          "pin 4711 98765 -900 include\n");
    CHECK(ledger_unpin_line({4711, 98765}) == "unpin 4711 98765\n");
    CHECK(ledger_mark_line({77, OomdPreference::Omit, std::nullopt, "/user.slice/my job.scope"}) ==
          "mark 77 omit none /user.slice/my job.scope\n");
    CHECK(ledger_mark_line({77, OomdPreference::Avoid, true, "/a"}) == "mark 77 avoid on /a\n");
    CHECK(ledger_mark_line({77, OomdPreference::Avoid, false, "/a"}) == "mark 77 avoid off /a\n");
    CHECK(ledger_unmark_line(77) == "unmark 77\n");
}

TEST_CASE("what was held is read back") {
    constexpr auto kLast = std::numeric_limits<Pid>::max();
    constexpr auto kLatest = std::numeric_limits<std::uint64_t>::max();
    const Ledger ledger = read_lines(ledger_hold_line({2, 0}, {0, -1000}) +
                                     ledger_hold_line({4711, 98765}, {-1000, 1000}) +
                                     ledger_hold_line({kLast, kLatest}, {1000, 0}));
    CHECK(ledger.bad_lines == 0);
    REQUIRE(ledger.entries.size() == 3);
    CHECK(ledger.entries.at(2) == Ledger::Entry{0, {0, -1000}});
    CHECK(ledger.entries.at(4711) == Ledger::Entry{98765, {-1000, 1000}});
    CHECK(ledger.entries.at(kLast) == Ledger::Entry{kLatest, {1000, 0}});
}

TEST_CASE("a later hold replaces an earlier one of the same pid") {
    const Ledger ledger =
        read_lines(ledger_hold_line({10, 5}, {0, -900}) + ledger_hold_line({11, 6}, {1, 2}) +
                   ledger_hold_line({10, 5}, {0, -300}) + ledger_hold_line({11, 7}, {3, 4}));
    CHECK(ledger.bad_lines == 0);
    CHECK(ledger.entries.size() == 2);
    CHECK(ledger.entries.at(10) == Ledger::Entry{5, {0, -300}, -900});
    CHECK(ledger.entries.at(11) == Ledger::Entry{7, {3, 4}});
}

TEST_CASE("a descent is read back, whatever the rule is called") {
    for (const std::string rule : {"job", "floor of 1 2 x", " a  b ", "of"}) {
        for (const bool floor : {false, true}) {
            const Written written{0, -900, floor, Descent{{12, 34}, rule}};
            const Ledger ledger = read_lines(ledger_hold_line({10, 5}, written));
            CAPTURE(rule, floor);
            CHECK(ledger.bad_lines == 0);
            REQUIRE(ledger.entries.contains(10));
            CHECK(ledger.entries.at(10) == Ledger::Entry{5, written});
        }
    }
    CHECK(read_lines("hold 10 5 0 -900 of 12 34\n").bad_lines == 1);
    CHECK(read_lines("hold 10 5 0 -900 of 12 x rule\n").bad_lines == 1);
    CHECK(read_lines("hold 10 5 0 -900 of\n").bad_lines == 1);
    CHECK(read_lines("hold 10 5 0 -900 office\n").bad_lines == 1);
}

TEST_CASE("that a floor was lowered is read back, and is part of every later line") {
    const Ledger ledger = read_lines(
        ledger_hold_line({10, 5}, {0, -900}) + ledger_hold_line({10, 5}, {0, -900, true}) +
        ledger_hold_line({11, 6}, {0, -900, true}) + ledger_hold_line({11, 6}, {0, 300, true}));
    CHECK(ledger.bad_lines == 0);
    CHECK(ledger.entries.at(10) == Ledger::Entry{5, {0, -900, true}, std::nullopt});
    CHECK(ledger.entries.at(11) == Ledger::Entry{6, {0, 300, true}, -900});
    CHECK(ledger_hold_lines(11, ledger.entries.at(11)) ==
          "hold 11 6 0 -900 floor\nhold 11 6 0 300 floor\n");
}

TEST_CASE("an entry keeps the value before its own, also when it is written anew") {
    const std::string lines = ledger_hold_line({10, 5}, {0, -900}) +
                              ledger_hold_line({10, 5}, {0, -300}) +
                              ledger_hold_line({10, 5}, {0, -300});
    const Ledger ledger = read_lines(lines);
    REQUIRE(ledger.entries.at(10).before == -900);
    const std::string again = ledger_hold_lines(10, ledger.entries.at(10));
    CHECK(again == "hold 10 5 0 -900\nhold 10 5 0 -300\n");
    CHECK(read_lines(again).entries == ledger.entries);
}

TEST_CASE("the value before is of the same process, and another one than the last") {
    Ledger ledger;
    ledger.hold({10, 5}, {0, -900});
    ledger.hold({10, 5}, {0, -900});
    CHECK(ledger.entries.at(10) == Ledger::Entry{5, {0, -900}, std::nullopt});
    CHECK(ledger_hold_lines(10, ledger.entries.at(10)) == "hold 10 5 0 -900\n");
    ledger.hold({10, 5}, {20, -300});
    CHECK(ledger.entries.at(10) == Ledger::Entry{5, {20, -300}, -900});
    ledger.hold({10, 5}, {20, 0});
    CHECK(ledger.entries.at(10) == Ledger::Entry{5, {20, 0}, -300});
    // the pid is used again
    ledger.hold({10, 6}, {1, 300});
    CHECK(ledger.entries.at(10) == Ledger::Entry{6, {1, 300}, std::nullopt});
}

TEST_CASE("a drop ends the hold of its own process only") {
    const std::string held = ledger_hold_line({10, 5}, {0, -900});
    CHECK(read_lines(held + ledger_drop_line({10, 5})).entries.empty());
    CHECK(read_lines(held + ledger_drop_line({10, 5}) + held).entries.size() == 1);

    for (const ProcessId other : {ProcessId{10, 4}, ProcessId{10, 6}, ProcessId{11, 5}}) {
        CAPTURE(other.pid, other.start_time);
        const Ledger ledger = read_lines(held + ledger_drop_line(other));
        CHECK(ledger.bad_lines == 0);
        REQUIRE(ledger.entries.size() == 1);
        CHECK(ledger.entries.at(10) == Ledger::Entry{5, {0, -900}});
    }
    CHECK(read_lines(ledger_drop_line({10, 5})).bad_lines == 0);
}

TEST_CASE("pins are read back, apart from what was held") {
    constexpr auto kLast = std::numeric_limits<Pid>::max();
    constexpr auto kLatest = std::numeric_limits<std::uint64_t>::max();
    const Ledger ledger = read_lines(
        ledger_hold_line({10, 5}, {0, -900}) + ledger_pin_line(10, {5, -900, Children::Include}) +
        ledger_pin_line(2, {0, -1000}) + ledger_pin_line(kLast, {kLatest, 1000}) +
        ledger_drop_line({10, 5}));
    CHECK(ledger.bad_lines == 0);
    CHECK(ledger.entries.empty());
    CHECK(ledger.pins.size() == 3);
    CHECK(ledger.pins.at(10) == Ledger::Pin{5, -900, Children::Include});
    CHECK(ledger.pins.at(2) == Ledger::Pin{0, -1000});
    CHECK(ledger.pins.at(kLast) == Ledger::Pin{kLatest, 1000});
}

TEST_CASE("a later pin replaces an earlier one of the same pid, and an unpin ends its own only") {
    const std::string pinned =
        ledger_pin_line(10, {5, -900, Children::Include}) + ledger_pin_line(10, {5, 300});
    CHECK(read_lines(pinned).pins.at(10) == Ledger::Pin{5, 300});
    CHECK(read_lines(pinned + ledger_pin_line(10, {6, 7})).pins.at(10) == Ledger::Pin{6, 7});
    CHECK(read_lines(pinned + ledger_unpin_line({10, 5})).pins.empty());
    for (const ProcessId other : {ProcessId{10, 4}, ProcessId{10, 6}, ProcessId{11, 5}}) {
        CAPTURE(other.pid, other.start_time);
        const Ledger ledger = read_lines(pinned + ledger_unpin_line(other));
        CHECK(ledger.bad_lines == 0);
        CHECK(ledger.pins.at(10) == Ledger::Pin{5, 300});
    }
    const Ledger held =
        read_lines(ledger_hold_line({10, 5}, {0, -900}) + pinned + ledger_unpin_line({10, 5}));
    CHECK(held.entries.at(10) == Ledger::Entry{5, {0, -900}});
}

TEST_CASE("marks are read back, the last of each cgroup, and an unmark ends its own only") {
    constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
    const OomdMark mark{5, OomdPreference::Omit, std::nullopt, "/a.slice/b c.scope"};
    const OomdMark other{kLast, OomdPreference::Avoid, false, "/"};
    const OomdMark later{5, OomdPreference::Avoid, true, "/a.slice/b c.scope"};
    const std::string marked = ledger_mark_line(mark) + ledger_mark_line(other);
    CHECK(read_lines(marked).bad_lines == 0);
    CHECK(read_lines(marked).marks.at(5) == mark);
    CHECK(read_lines(marked).marks.at(kLast) == other);
    CHECK(read_lines(marked + ledger_mark_line(later)).marks.at(5) == later);
    const Ledger unmarked = read_lines(marked + ledger_unmark_line(5) + ledger_unmark_line(6));
    CHECK(unmarked.bad_lines == 0);
    CHECK(unmarked.marks.size() == 1);
    CHECK(unmarked.marks.contains(kLast));
    for (const char* line : {"mark 0 omit none /a", "mark x omit none /a", "mark 5 none none /a",
                             "mark 5 omit maybe /a", "mark 5 omit none", "mark 5 omit none a",
                             "mark 5 omit", "mark 5", "mark", "unmark", "unmark x", "unmark 5 6"}) {
        CAPTURE(line);
        CHECK(read_lines(std::string(line) + "\n").bad_lines == 1);
        CHECK(read_lines(std::string(line) + "\n").marks.empty());
    }
}

TEST_CASE("a line torn by our death at any byte is passed over in silence") {
    const OomdMark mark{7, OomdPreference::Avoid, std::nullopt, "/job.scope"};
    const std::string kept = ledger_hold_line({10, 5}, {0, -900}) + ledger_pin_line(10, {5, -900}) +
                             ledger_mark_line(mark);
    for (const std::string& last :
         {ledger_hold_line({11, 77}, {100, -900}), ledger_hold_line({11, 77}, {100, -900, true}),
          ledger_drop_line({10, 5}), ledger_pin_line(10, {5, 1000, Children::Include}),
          ledger_unpin_line({10, 5}),
          ledger_mark_line({9, OomdPreference::Omit, true, "/another.scope"}),
          ledger_unmark_line(7)}) {
        for (std::size_t length = 0; length < last.size(); ++length) {
            CAPTURE(last, length);
            const Ledger ledger = read_lines(kept + last.substr(0, length));
            CHECK(ledger.bad_lines == 0);
            CHECK(ledger.entries.size() == 1);
            CHECK(ledger.entries.at(10) == Ledger::Entry{5, {0, -900}});
            CHECK(ledger.pins.size() == 1);
            CHECK(ledger.pins.at(10) == Ledger::Pin{5, -900});
            CHECK(ledger.marks.size() == 1);
            CHECK(ledger.marks.at(7) == mark);
        }
    }
}

TEST_CASE("a journal of another boot or format, or a torn first line, is not read") {
    const std::string held = ledger_hold_line({10, 5}, {0, -900});
    const std::string header = ledger_header(kBoot);
    REQUIRE(parse_ledger(header + held, kBoot).entries.size() == 1);
    for (const std::string& text : {
             std::string(),
             held,
             ledger_header("another") + held,
             ledger_header("") + held,
             ledger_header(std::string(kBoot) + "x") + held,
             "oom-guardd-ledger 2 " + std::string(kBoot) + "\n" + held,
             "\n" + journal(held),
             header.substr(0, header.size() - 1) + " \n" + held,
             header.substr(0, header.size() - 1) + held,
             header.substr(0, header.size() - 1),
         }) {
        CAPTURE(text);
        const Ledger ledger = parse_ledger(text, kBoot);
        CHECK(ledger.entries.empty());
        CHECK(ledger.bad_lines == 0);
    }
}

TEST_CASE("a line that we would not have written is counted and changes nothing") {
    const std::string kept = ledger_hold_line({10, 5}, {0, -900}) + ledger_pin_line(10, {5, -900});
    for (const std::string_view line : {
             "",
             " ",
             "hold",
             "hold ",
             "hold 11 5 0",
             "hold 11 5 0 -900 1",
             "hold 11 5 0 -900 floo",
             "hold 11 5 0 -900 floor ",
             "hold 11 5 0 -900 floor floor",
             "hold 11 5 0 floor",
             "drop 10 5 floor",
             "hold 11 5 0 -900 ",
             " hold 11 5 0 -900",
             "hold  11 5 0 -900",
             "hold\t11\t5\t0\t-900",
             "hold 11 5 0 -900\r",
             "HOLD 11 5 0 -900",
             "keep 11 5 0 -900",
             "drop 10",
             "drop 10 5 0",
             "drop 10 5 0 0",
             "hold 10 5",
             "pin",
             "pin 11 5",
             "pin 11 5 -900",
             "pin 11 5 -900 ",
             "pin 11 5 -900 inherit",
             "pin 11 5 -900 res",
             "pin 11 5 -900 resets",
             "pin 11 5 -900 reset ",
             "pin 11 5 -900 reset include",
             "pin 11 5 -900 include of 12 34 x",
             "pin 11 5 0 -900 reset",
             "pins 11 5 -900 reset",
             "unpin",
             "unpin 10",
             "unpin 10 5 ",
             "unpin 10 5 reset",
             "pin 1 5 -900 reset",
             "pin -11 5 -900 reset",
             "pin 4294967307 5 -900 reset",
             "pin 11 5 1001 reset",
             "pin 11 5 -1001 reset",
             "unpin 4294967306 5",
             // pids that no process of anyone's has
             "hold 1 5 0 -900",
             "hold 0 5 0 -900",
             "hold -1 5 0 -900",
             "hold -11 5 0 -900",
             "hold 2147483648 5 0 -900",
             "hold 4294967307 5 0 -900",
             "hold 99999999999999999999999 5 0 -900",
             "drop -10 5",
             "drop 4294967306 5",
             // start times
             "hold 11 -5 0 -900",
             "hold 11 18446744073709551616 0 -900",
             "drop 10 18446744073709551621",
             // scores
             "hold 11 5 1001 0",
             "hold 11 5 -1001 0",
             "hold 11 5 0 1001",
             "hold 11 5 0 -1001",
             "hold 11 5 0 4294966396",
             "hold 11 5 99999999999999999999 0",
             // numbers that are not
             "hold x 5 0 -900",
             "hold 11x 5 0 -900",
             "hold 0x11 5 0 -900",
             "hold +11 5 0 -900",
             "hold 11 5.0 0 -900",
             "hold 11 5 0 --900",
             "hold 11 5 0 -",
             "hold 11 5  -900",
         }) {
        CAPTURE(line);
        const Ledger ledger = read_lines(kept + std::string(line) + "\n");
        CHECK(ledger.bad_lines == 1);
        CHECK(ledger.entries.size() == 1);
        CHECK(ledger.entries.at(10) == Ledger::Entry{5, {0, -900}});
        CHECK(ledger.pins.size() == 1);
        CHECK(ledger.pins.at(10) == Ledger::Pin{5, -900});
    }
}

TEST_CASE("bad lines do not hide the good ones between them") {
    const Ledger ledger = read_lines("hold 1 1 1 1\n" + ledger_hold_line({10, 5}, {0, -900}) +
                                     "hold 12 5 0 -9hold 13 5 0 7\n" +
                                     ledger_hold_line({11, 6}, {0, 1}) + std::string("\0\n", 2));
    CHECK(ledger.bad_lines == 3);
    CHECK(ledger.entries.size() == 2);
    CHECK(ledger.entries.count(10) == 1);
    CHECK(ledger.entries.count(11) == 1);
}

}  // namespace
}  // namespace oomguard
