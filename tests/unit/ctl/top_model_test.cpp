// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "top_building.hpp"

namespace oomguard::ctl::top {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("The kill order keeps the daemon's order, and counts those that can be killed") {
    Snapshot snapshot;
    snapshot.order = {ranked(5, "first", 9000), ranked(3, "second", 8000),
                      ranked(1, "safe", RankRow::kNever, -1000)};
    Model model{std::chrono::seconds(2)};
    model.update(snapshot);
    CHECK(names_of(model) == Names{"first", "second", "safe"});
    CHECK(model.listing().rows()[0].place == 1);
    CHECK(model.listing().rows()[1].place == 2);
    CHECK(model.listing().rows()[2].place == 0);
    CHECK_FALSE(model.listing().rows()[2].weight);
}

TEST_CASE("The weight is in bytes, by the page size that the daemon counts in") {
    Snapshot snapshot;
    snapshot.order = {ranked(5, "raised", 5000, 100), ranked(3, "plain", 500)};
    snapshot.order[1].memory = std::uint64_t{16384} * 500;
    CHECK(order_rows(snapshot)[0].weight == std::int64_t{16384} * 5000);
    snapshot.order.pop_back();
    CHECK(order_rows(snapshot)[0].weight == std::int64_t{4096} * 5000);
}

TEST_CASE("In the kill order a process has the state in which it is held, by its whole identity") {
    Snapshot snapshot;
    snapshot.order = {ranked(5, "a"), ranked(6, "b")};
    snapshot.held = {process(5, "a", 1, "drifting"), process(6, "b")};
    snapshot.held[1].start_time = 1;
    CHECK(order_rows(snapshot)[0].state == "drifting");
    CHECK(order_rows(snapshot)[1].state.empty());
}

TEST_CASE("What is held has its memory, unless that is of another process of the pid") {
    Snapshot snapshot;
    snapshot.held = {process(5, "a"), process(6, "b")};
    snapshot.memory = {{5, 105, 4711}, {6, 1, 4712}};
    CHECK(held_rows(snapshot)[0].memory == std::uint64_t{4711});
    CHECK_FALSE(held_rows(snapshot)[1].memory);
}

TEST_CASE("F4 filters by name while it is typed, whatever the case, and Escape shows all again") {
    Model model = model_of({"nginx", "Postgres", "sshd"});
    (void)press(model, KeyCode::Filter);
    (void)press(model, "G");
    CHECK(names_of(model) == Names{"nginx", "Postgres"});
    (void)press(model, "r");
    CHECK(names_of(model) == Names{"Postgres"});
    (void)press(model, KeyCode::Backspace);
    CHECK(names_of(model) == Names{"nginx", "Postgres"});
    (void)press(model, KeyCode::Enter);
    CHECK(names_of(model) == Names{"nginx", "Postgres"});
    (void)press(model, "\\");
    CHECK(model.typed() == "G");
    (void)press(model, KeyCode::Escape);
    CHECK(names_of(model).size() == 3);
}

TEST_CASE("F3 selects what is found, by name or pid, and again the next one, round the end") {
    Model model = model_of({"bash", "nginx", "bash", "cron"});
    (void)press(model, "/ngi");
    CHECK(selected_name(model) == "nginx");
    (void)press(model, KeyCode::Escape);
    (void)press(model, "/bash");
    CHECK(model.listing().index() == 2);
    (void)press(model, KeyCode::Search);
    CHECK(model.listing().index() == 0);
    (void)press(model, KeyCode::Enter);
    (void)press(model, "n");
    CHECK(model.listing().index() == 2);
    (void)press(model, "/4");
    CHECK(selected_name(model) == "cron");
    (void)press(model, KeyCode::Enter);
    (void)press(model, "/zzz");
    CHECK(selected_name(model) == "cron");
    CHECK(model.notice() == "not found");
}

TEST_CASE("The user menu shows only the processes of one, and of all again") {
    Model model = model_of({"a", "b", "c"});
    (void)press(model, "u");
    CHECK(model.choices() == Names{"All users", "alice", "root"});
    (void)press(model, KeyCode::End);
    (void)press(model, KeyCode::Enter);
    CHECK(names_of(model) == Names{"b"});
    (void)press(model, "u");
    CHECK(model.choice() == 2);
    (void)press(model, KeyCode::Home);
    (void)press(model, KeyCode::Enter);
    CHECK(names_of(model).size() == 3);
}

TEST_CASE("F5 switches the view, which asks for its data") {
    Model model = model_of({"a"});
    CHECK(press(model, KeyCode::View) == Outcome::Fetch);
    CHECK(model.listing().view() == View::Held);
    CHECK(press(model, "t") == Outcome::Fetch);
    CHECK(model.listing().view() == View::Order);
}

TEST_CASE("What is held is sorted by the chosen column, and the other way round") {
    Model model = model_of({"b", "c", "a"});
    (void)press(model, "t>");
    (void)press(model, KeyCode::Down);
    (void)press(model, KeyCode::Enter);
    CHECK(names_of(model) == Names{"a", "b", "c"});
    (void)press(model, "I");
    CHECK(names_of(model) == Names{"c", "b", "a"});
    (void)press(model, KeyCode::Sort);
    (void)press(model, KeyCode::Enter);
    CHECK(names_of(model) == Names{"a", "b", "c"});
}

TEST_CASE("By memory the most comes first") {
    Model model{std::chrono::seconds(2)};
    Snapshot snapshot;
    snapshot.held = {process(5, "small"), process(6, "none"), process(7, "large")};
    snapshot.memory = {{5, 105, 10}, {7, 107, 1000}};
    model.update(snapshot);
    (void)press(model, "t>");
    (void)press(model, KeyCode::End);
    (void)press(model, KeyCode::Enter);
    CHECK(names_of(model) == Names{"large", "small", "none"});
}

TEST_CASE("The kill order cannot be sorted, and top says where one can") {
    Model model = model_of({"a"});
    (void)press(model, KeyCode::Sort);
    CHECK(model.mode() == Mode::Table);
    CHECK(model.notice() == "The kill order has one order, the kernel's; F5 shows what is held.");
    (void)press(model, KeyCode::Down);
    CHECK(model.notice().empty());
}

TEST_CASE("The selection follows its process, but the first row stays the first") {
    Model model = model_of({"a", "b", "c"});
    Snapshot turned = model.snapshot();
    std::swap(turned.order[0], turned.order[2]);
    model.update(turned);
    CHECK(selected_name(model) == "c");
    (void)press(model, KeyCode::End);
    CHECK(selected_name(model) == "a");
    std::swap(turned.order[0], turned.order[2]);
    model.update(turned);
    CHECK(selected_name(model) == "a");
    CHECK(model.listing().index() == 0);
    std::swap(turned.order[0], turned.order[1]);
    model.update(turned);
    CHECK(selected_name(model) == "a");
    (void)press(model, KeyCode::Home);
    CHECK(selected_name(model) == "b");
}

TEST_CASE("Where the selected process has ended, the one at its place is selected") {
    Model model = model_of({"a", "b", "c", "d"});
    (void)press(model, KeyCode::Down);
    Snapshot snapshot = model.snapshot();
    snapshot.order.erase(snapshot.order.begin() + 1);
    model.update(snapshot);
    CHECK(selected_name(model) == "c");
    snapshot.order.resize(1);
    model.update(snapshot);
    CHECK(selected_name(model) == "a");
    snapshot.order.clear();
    model.update(snapshot);
    CHECK(model.listing().selected() == nullptr);
    for (const auto key : {KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown,
                           KeyCode::Home, KeyCode::End, KeyCode::Enter})
        CHECK(press(model, key) == Outcome::Draw);
}

TEST_CASE("It scrolls so far that the selected row is shown, and no farther than the last") {
    Model model = model_of({"a", "b", "c", "d", "e", "f", "g"});
    model.fit_table(3);
    (void)press(model, KeyCode::Down);
    CHECK(model.listing().first_shown() == 0);
    (void)press(model, KeyCode::PageDown);
    CHECK(selected_name(model) == "e");
    CHECK(model.listing().first_shown() == 2);
    (void)press(model, KeyCode::Up);
    CHECK(model.listing().first_shown() == 2);
    (void)press(model, KeyCode::End);
    CHECK(model.listing().first_shown() == 4);
    (void)press(model, KeyCode::PageUp);
    CHECK(model.listing().first_shown() == 3);
    model.fit_table(6);
    CHECK(model.listing().first_shown() == 1);
    (void)press(model, KeyCode::Home);
    CHECK(model.listing().first_shown() == 0);
}

TEST_CASE("Enter asks to explain the selected process until the pane is left") {
    Model model = model_of({"a", "b"});
    CHECK_FALSE(model.explained_id());
    (void)press(model, KeyCode::Down);
    CHECK(press(model, "e") == Outcome::Fetch);
    CHECK(model.explained_id() == Id{2, 102});
    CHECK_FALSE(model.explained());
    model.explain({});
    (void)press(model, KeyCode::Escape);
    CHECK_FALSE(model.explained_id());
    CHECK(press(model, KeyCode::Enter) == Outcome::Fetch);
    CHECK_FALSE(model.explained());
}

TEST_CASE("The delay is halved and doubled within its range") {
    Model model = model_of({"a"});
    CHECK(press(model, "+") == Outcome::Fetch);
    CHECK(model.delay() == std::chrono::seconds(4));
    CHECK(model.notice() == "Every 4s.");
    for (int times = 0; times < 20; ++times)
        (void)press(model, "+");
    CHECK(model.delay() == kMostDelay);
    for (int times = 0; times < 20; ++times)
        (void)press(model, "-");
    CHECK(model.delay() == kLeastDelay);
}

TEST_CASE("d asks for the delay, and refuses what is none") {
    Model model = model_of({"a"});
    (void)press(model, "d7.5");
    CHECK(press(model, KeyCode::Enter) == Outcome::Fetch);
    CHECK(model.delay() == std::chrono::milliseconds(7500));
    for (const std::string wrong : {"", "x", "0.4", "3601", "nan", "inf", "-1", "1e9", "2s"}) {
        INFO(wrong);
        (void)press(model, "d" + wrong);
        (void)press(model, KeyCode::Enter);
        CHECK(model.delay() == std::chrono::milliseconds(7500));
        CHECK(model.notice() == "The delay is a number from 0.5 to 3600, in seconds.");
    }
}

TEST_CASE("q leaves the table and goes back from a pane, and F10 leaves from everywhere") {
    Model model = model_of({"a"});
    CHECK(press(model, "q") == Outcome::Quit);
    CHECK(press(model, "hq") == Outcome::Draw);
    CHECK(model.mode() == Mode::Table);
    for (const std::string mode : {"h", "e", "u", "/", "\\", "d"}) {
        INFO(mode);
        (void)press(model, mode);
        CHECK(model.mode() != Mode::Table);
        CHECK(press(model, KeyCode::Quit) == Outcome::Quit);
        (void)press(model, KeyCode::Escape);
        CHECK(model.mode() == Mode::Table);
    }
}

TEST_CASE("Backspace takes a whole character, and a long text comes to an end") {
    Model model = model_of({"a"});
    (void)press(model, KeyCode::Filter);
    (void)model.press({KeyCode::Text, "\u00e9"});
    (void)press(model, KeyCode::Backspace);
    CHECK(model.typed().empty());
    (void)press(model, KeyCode::Backspace);
    (void)press(model, std::string(1000, 'x'));
    CHECK(model.typed().size() == 64);
}

}  // namespace
}  // namespace oomguard::ctl::top
