// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/wait.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::test {

/// A terminal of a test's own.
class Pty {
  public:
    explicit Pty(unsigned short columns = 80)
        : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        constexpr std::size_t kNameSize = 64;
        std::string name(kNameSize, '\0');
        const bool is_open = ::grantpt(master_.get()) == 0 && ::unlockpt(master_.get()) == 0 &&
                             ::ptsname_r(master_.get(), name.data(), name.size()) == 0;
        slave_ = sys::UniqueFd(is_open ? ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC) : -1);
        const winsize size{24, columns, 0, 0};
        if (!slave_ || ::ioctl(slave_.get(), TIOCSWINSZ, &size) != 0)
            throw std::system_error(errno, std::generic_category(), "pty");
    }

    /// What a program is given as its stdin and stdout.
    [[nodiscard]] int slave() const { return slave_.get(); }
    /// What types.
    [[nodiscard]] int master() const { return master_.get(); }

    /// All that has been written to it, with newlines for "\r\n", once every program that had it
    /// has ended.
    [[nodiscard]] std::string read_all() {
        slave_ = {};
        (void)wait_until(master_.get(), [this] { return !read_some(); });
        return text_;
    }

    /// True once that text has been written to it.
    [[nodiscard]] bool wait_for(const std::string& text) {
        return wait_until(master_.get(), [&, is_asked = false]() mutable {
            if (is_asked)
                (void)read_some();
            is_asked = true;
            return text_.find(text) != std::string::npos;
        });
    }

  private:
    /// False at the end, which a terminal tells by an error.
    bool read_some() {
        char byte = 0;
        if (::read(master_.get(), &byte, 1) != 1)
            return false;
        if (byte != '\r')
            text_ += byte;
        return true;
    }

    sys::UniqueFd master_;
    sys::UniqueFd slave_;
    std::string text_;
};

}  // namespace oomguard::test
