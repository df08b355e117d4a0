// SPDX-License-Identifier: MIT
#include "support/pseudo_terminal.hpp"

#include <array>
#include <clocale>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oomguard::test {
namespace {

sys::UniqueFd new_terminal() {
    sys::UniqueFd fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    if (!fd || ::grantpt(fd.get()) != 0 || ::unlockpt(fd.get()) != 0)
        throw std::system_error(errno, std::generic_category(), "posix_openpt");
    return fd;
}

}  // namespace

PseudoTerminal::PseudoTerminal(unsigned short rows, unsigned short columns)
    : ours_(new_terminal()),
      theirs_(::open(::ptsname(ours_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)),
      screen_(rows, columns) {
    (void)std::setlocale(LC_CTYPE, "C.UTF-8");
    tree_.write("err", "");
    resize(rows, columns);
}

void PseudoTerminal::start(const Ctl& ctl, const std::vector<std::string>& arguments) {
    const sys::UniqueFd err(::open(tree_.path("err").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    Ctl on_terminal = ctl;
    on_terminal.prepare = [] {
        ::setsid();
        ::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    };
    process_.push_back(on_terminal.start(arguments, {{theirs_.get(), STDIN_FILENO},
                                                     {theirs_.get(), STDOUT_FILENO},
                                                     {err.get(), STDERR_FILENO}}));
}

void PseudoTerminal::press(std::string_view keys) {
    if (::write(ours_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        throw std::system_error(errno, std::generic_category(), "the terminal's keys");
}

void PseudoTerminal::resize(unsigned short rows, unsigned short columns) {
    screen_.resize(rows, columns);
    const winsize size{rows, columns, 0, 0};
    if (::ioctl(ours_.get(), TIOCSWINSZ, &size) != 0)
        throw std::system_error(errno, std::generic_category(), "TIOCSWINSZ");
}

void PseudoTerminal::read() {
    std::array<char, 4096> bytes{};
    for (ssize_t size = 0; (size = ::read(ours_.get(), bytes.data(), bytes.size())) > 0;) {
        written_ += static_cast<std::size_t>(size);
        screen_.feed({bytes.data(), static_cast<std::size_t>(size)});
    }
}

bool PseudoTerminal::wait_for(std::string_view text) {
    return wait_until([&] { return screen_.text().find(text) != std::string::npos; });
}

bool PseudoTerminal::wait_until_gone(std::string_view text) {
    return wait_until([&] { return screen_.text().find(text) == std::string::npos; });
}

int PseudoTerminal::wait_for_end() {
    const bool has_ended = wait_until([&] {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid != 0;
    });
    if (!has_ended)
        throw std::runtime_error("it does not end; the screen:\n" + screen_.text());
    const int status = process_.front().wait();
    read();
    return status;
}

termios PseudoTerminal::modes() const {
    termios modes{};
    ::tcgetattr(theirs_.get(), &modes);
    return modes;
}

}  // namespace oomguard::test
