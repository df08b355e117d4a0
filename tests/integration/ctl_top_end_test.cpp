// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "top_screen.hpp"

// How `top` comes to its end, and that the terminal is then as it was.
namespace oomguard::test {
namespace {

TEST_CASE("top is left with q, F10 and Ctrl-C, and the terminal is as before") {
    HeldProgram held;
    const std::string key = GENERATE("q", "\033[21~", "\x03");
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("F10Quit"));
    CHECK_FALSE(top.is_restored());
    top.terminal.press(key);
    CHECK(top.terminal.wait_for_end() == 0);
    CHECK(top.is_restored());
    CHECK(top.terminal.err().empty());
}

TEST_CASE("A signal ends top, which then dies of it, and the terminal is as before") {
    HeldProgram held;
    const int signal = GENERATE(SIGTERM, SIGHUP, SIGQUIT);
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("F10Quit"));
    top.terminal.send_signal(signal);
    CHECK(top.terminal.wait_for_end() == -signal);
    CHECK(top.is_restored());
}

TEST_CASE("When its terminal is closed, top ends, also if it was told to ignore that") {
    HeldProgram held;
    const bool ignores = GENERATE(false, true);
    (void)::signal(SIGHUP, ignores ? SIG_IGN : SIG_DFL);
    TopScreen top(held.daemon);
    top.start();
    (void)::signal(SIGHUP, SIG_DFL);
    REQUIRE(top.terminal.wait_for("F10Quit"));
    top.terminal.hang_up();
    CHECK(top.terminal.wait_for_end() == -SIGHUP);
}

TEST_CASE("When the daemon goes away, top leaves the screen, says so, and exits with 3") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start();
    REQUIRE(top.terminal.wait_for("F10Quit"));
    held.daemon.kill9();
    CHECK(top.terminal.wait_for_end() == 3);
    CHECK(top.is_restored());
    CHECK(top.terminal.err() ==
          "oom-guardctl: oom-guardd has gone away; see: systemctl status oom-guardd\n");
}

TEST_CASE("Where the bus goes away, top leaves the screen and exits with 3") {
    HeldProgram held;
    TopScreen top(held.daemon);
    top.start("0.5");
    REQUIRE(top.terminal.wait_for("F10Quit"));
    held.daemon.bus().stop();
    CHECK(top.terminal.wait_for_end() == 3);
    CHECK(top.is_restored());
    CHECK_FALSE(top.terminal.err().empty());
}

TEST_CASE("Without a terminal top says what it needs, and exits with 1") {
    HeldProgram held;
    const auto run = Ctl(held.daemon).run({"top"});
    CHECK(run.out.empty());
    CHECK(run.err ==
          "oom-guardctl: top needs a terminal for its keys and its screen; try: oom-guardctl "
          "rank\n");
    CHECK(run.status == 1);
}

TEST_CASE("top --json says which commands are for programs, and exits with 1") {
    HeldProgram held;
    const auto run = Ctl(held.daemon).run({"top", "--json"});
    CHECK(run.out.empty());
    CHECK(run.err ==
          "oom-guardctl: top is for people; for programs there are: oom-guardctl rank --json, and "
          "oom-guardctl watch --json\n");
    CHECK(run.status == 1);
}

TEST_CASE("A terminal that is not known, or cannot move its cursor, is refused") {
    HeldProgram held;
    const auto& [term, message] = GENERATE(table<std::string, std::string>(
        {{"no-such-terminal",
          "oom-guardctl: the terminal 'no-such-terminal' is not known here; try: TERM=xterm "
          "oom-guardctl top\n"},
         {"dumb",
          "oom-guardctl: the terminal 'dumb' cannot show a full screen; try: oom-guardctl "
          "rank\n"}}));
    TopScreen top(held.daemon, term);
    top.start();
    CHECK(top.terminal.wait_for_end() == 1);
    CHECK(top.terminal.err() == message);
    CHECK(top.is_restored());
}

TEST_CASE("A delay that is out of range is refused") {
    HeldProgram held;
    for (const std::string delay : {"0.4", "3601", "nan", "x", "-1"}) {
        INFO(delay);
        CHECK(Ctl(held.daemon).run({"top", "--delay", delay}).status == 1);
    }
}

}  // namespace
}  // namespace oomguard::test
