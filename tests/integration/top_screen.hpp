// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <string>

#include "bus.hpp"
#include "support/ctl.hpp"
#include "support/pseudo_terminal.hpp"

// What the tests of `top` have in common.
namespace oomguard::test {

/// A daemon that holds a program of the test's own at 345, by the rule "keep".
struct HeldProgram {
    HeldProgram() {
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
        daemon.start();
    }

    /// What its score was: that of the test.
    [[nodiscard]] static std::string original() {
        return std::to_string(read_score(::getpid()).value());
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
};

/// `top` on a terminal, which looks again when it is asked to only.
struct TopScreen {
    explicit TopScreen(GuardDaemon& daemon, const std::string& term = "xterm-256color",
                       unsigned short rows = 24, unsigned short columns = 80)
        : ctl(daemon), terminal(rows, columns) {
        ctl.environment.emplace_back("TERM", term);
        before = terminal.modes();
    }

    void start(const std::string& delay = "3600") { terminal.start(ctl, {"top", "-d", delay}); }

    /// Shows only the processes of this name.
    void filter(const std::string& name) { terminal.press("\\" + name + "\r"); }

    /// The terminal is as it was before.
    [[nodiscard]] bool is_restored() const {
        const termios now = terminal.modes();
        return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag &&
               now.c_oflag == before.c_oflag && now.c_cflag == before.c_cflag &&
               std::memcmp(now.c_cc, before.c_cc, sizeof now.c_cc) == 0 &&
               !terminal.screen().is_alternate() && terminal.screen().has_cursor();
    }

    Ctl ctl;
    PseudoTerminal terminal;
    termios before{};
};

}  // namespace oomguard::test
