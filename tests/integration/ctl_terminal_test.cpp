// SPDX-License-Identifier: MIT
#include <filesystem>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "support/pty.hpp"

// What depends on whether stdout is a terminal.
namespace oomguard::test {
namespace {

/// A process that is held, and a pager that tells how it was started.
struct TerminalTest {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    Ctl ctl{daemon};
    TempTree tree;

    TerminalTest() {
        subject.tell({"score", "77"});
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
        daemon.start();
        tree.write("pager", "#!/bin/sh\necho \"paged LESS=$LESS\"\ncat\n");
        std::filesystem::permissions(tree.path("pager"), std::filesystem::perms(0755));
        set("SYSTEMD_PAGER", tree.path("pager"));
        set("TERM", "xterm");
        set("LESS", "its own");
    }

    void set(const std::string& variable, const std::string& value) {
        ctl.environment.emplace_back(variable, value);
    }

    /// The whole output on a terminal of 80 columns.
    [[nodiscard]] std::string shown(const std::vector<std::string>& arguments,
                                    int status = 0) const {
        Pty pty;
        Child child = ctl.start(arguments, {{pty.slave(), STDIN_FILENO},
                                            {pty.slave(), STDOUT_FILENO},
                                            {pty.slave(), STDERR_FILENO}});
        std::string text = pty.read_all();
        CHECK(child.wait() == status);
        return text;
    }

    /// Of `list --no-legend`, without what differs from run to run.
    [[nodiscard]] std::string line() const {
        return std::to_string(subject.pid()) + " " + name + " root keep 77 345 345 ";
    }
};

constexpr const char* kHeld = "\x1b[32mheld\x1b[0m";

TEST_CASE("on a terminal lists go through the pager, unless that is declined") {
    TerminalTest test;
    test.set("NO_COLOR", "1");
    CHECK(test.shown({"list", "--no-legend"})
              .starts_with("paged LESS=FRSXMK\n" + test.line() + "held "));
    CHECK(test.shown({"list", "--no-legend", "--no-pager"}).starts_with(test.line() + "held "));
    CHECK(test.shown({"list", "--json"}).starts_with("[\n"));
    test.set("SYSTEMD_PAGER", "cat");
    CHECK(test.shown({"list", "--no-legend"}).starts_with(test.line() + "held "));
    test.set("SYSTEMD_PAGER", "");
    CHECK(test.shown({"list", "--no-legend"}).starts_with(test.line() + "held "));
}

TEST_CASE("the options of less are those of SYSTEMD_LESS") {
    TerminalTest test;
    test.set("SYSTEMD_LESS", "FRX");
    CHECK(test.shown({"list"}).starts_with("paged LESS=FRX\n"));
}

TEST_CASE("without a pager that can be run the output is written as it is") {
    TerminalTest test;
    test.set("NO_COLOR", "1");
    test.set("PATH", test.tree.path());
    test.set("SYSTEMD_PAGER", "mistyped");
    const std::string shown = test.shown({"list", "--no-legend"});
    CHECK(shown.starts_with("sh: 1: mistyped: not found\n" + test.line() + "held "));
    test.ctl.prepare = [] {
        (void)::unsetenv("SYSTEMD_PAGER");
        (void)::unsetenv("PAGER");
    };
    CHECK(test.shown({"list", "--no-legend"}).starts_with(test.line() + "held "));
}

TEST_CASE("without one that is asked for the pager is less, or more") {
    TerminalTest test;
    test.set("PATH", test.tree.path());
    test.set("SYSTEMD_PAGER", "mistyped");
    for (const std::string name : {"more", "less"}) {
        test.tree.write(name, "#!/bin/sh\necho read by " + name + "\n");
        std::filesystem::permissions(test.tree.path(name), std::filesystem::perms(0755));
        CHECK(test.shown({"list"}).ends_with("\nread by " + name + "\n"));
    }
}

TEST_CASE("a pager that is left early is no failure") {
    TerminalTest test;
    test.set("SYSTEMD_PAGER", "true");
    CHECK(test.shown({"list"}).empty());
    CHECK(test.shown({"status"}).empty());
}

TEST_CASE("what is said at once needs no pager") {
    const TerminalTest test;
    CHECK(test.shown({"reload"}) == "Loaded 1 rule, generation 2.\n");
}

TEST_CASE("on a terminal there are colours, unless NO_COLOR or TERM declines them") {
    TerminalTest test;
    const std::vector<std::string> list = {"list", "--no-legend", "--no-pager"};
    CHECK(test.shown(list).starts_with(test.line() + kHeld));
    test.set("TERM", "dumb");
    CHECK(test.shown(list).starts_with(test.line() + "held"));
    test.set("TERM", "xterm");
    test.set("NO_COLOR", "1");
    CHECK(test.shown(list).starts_with(test.line() + "held"));
    // Which asks for this program alone.
    test.set("SYSTEMD_COLORS", "1");
    CHECK(test.shown(list).starts_with(test.line() + kHeld));
    CHECK(test.ctl.run(list).out.starts_with(test.line() + kHeld));
}

TEST_CASE("elsewhere there are no colours") {
    const TerminalTest test;
    CHECK(test.ctl.run({"list", "--no-legend"}).out.starts_with(test.line() + "held"));
}

TEST_CASE("an interrupt typed at the command of run reaches it once") {
    TerminalTest test;
    Pty pty;
    // In a session of its own, whose terminal that is.
    test.ctl.prepare = [] {
        (void)::setsid();
        (void)::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    };
    Child run = test.ctl.start(
        {"run", "--adj", "300", "--", "sh", "-c",
         "n=0; trap 'n=$((n+1))' INT; echo ready; read x; read y; echo $n"},
        {{pty.slave(), STDIN_FILENO}, {pty.slave(), STDOUT_FILENO}, {pty.slave(), STDERR_FILENO}});
    REQUIRE(pty.wait_for("ready\n"));
    constexpr char kInterrupt = 3;
    REQUIRE(::write(pty.master(), &kInterrupt, 1) == 1);
    REQUIRE(pty.wait_for("^C"));
    REQUIRE(::write(pty.master(), "a\nb\n", 4) == 4);
    const std::string shown = pty.read_all();
    CHECK(run.wait() == 0);
    CHECK(shown.ends_with("\n1\n"));
}

}  // namespace
}  // namespace oomguard::test
