// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

#include "support/child.hpp"
#include "support/ctl.hpp"
#include "support/eventually.hpp"
#include "support/screen_reader.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::test {

/// A terminal with a program on it, and one who looks at it and types:
///     PseudoTerminal terminal(24, 80);
///     terminal.start(ctl, {"top"});
///     REQUIRE(terminal.wait_for("nginx"));
///     terminal.press("q");
///     CHECK(terminal.wait_for_end() == 0);
class PseudoTerminal {
  public:
    PseudoTerminal(unsigned short rows, unsigned short columns);

    /// The program has the terminal as its controlling one. Its stderr goes to err().
    void start(const Ctl& ctl, const std::vector<std::string>& arguments);

    void press(std::string_view keys);
    /// The kernel tells the program.
    void resize(unsigned short rows, unsigned short columns);
    /// The terminal is closed; nothing can be read any more.
    void hang_up() { ours_ = sys::UniqueFd(); }
    void send_signal(int signal) const { ::kill(pid(), signal); }

    /// True once the screen shows the text.
    [[nodiscard]] bool wait_for(std::string_view text);
    /// True once the screen does not show the text.
    [[nodiscard]] bool wait_until_gone(std::string_view text);
    /// True once the condition holds; it is looked at after each output.
    template <typename Holds>
    [[nodiscard]] bool wait_until(Holds holds);
    /// The exit code, or minus the signal that killed it, after all that it wrote was read.
    [[nodiscard]] int wait_for_end();

    /// Reads what there is.
    void read();
    [[nodiscard]] const ScreenReader& screen() const { return screen_; }
    /// How many bytes it has written so far.
    [[nodiscard]] std::size_t written() const { return written_; }
    [[nodiscard]] termios modes() const;
    [[nodiscard]] pid_t pid() const { return process_.at(0).pid(); }
    [[nodiscard]] std::string err() const { return tree_.read("err"); }

  private:
    TempTree tree_;
    sys::UniqueFd ours_;
    sys::UniqueFd theirs_;
    ScreenReader screen_;
    std::size_t written_ = 0;
    std::vector<Child> process_;
};

template <typename Holds>
bool PseudoTerminal::wait_until(Holds holds) {
    return eventually([&] {
        read();
        return holds();
    });
}

}  // namespace oomguard::test
