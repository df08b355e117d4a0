// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include <signal.h>

#include "sys/unique_fd.hpp"

namespace oomguard::ctl::top {

/// One descriptor that can be read when a key has been pressed, the terminal has another size, or
/// the program should end. While this lives, SIGWINCH, SIGINT, SIGTERM, SIGHUP and SIGQUIT do
/// nothing else than that.
class Wakeup {
  public:
    /// Throws Failure. `keyboard` is not owned.
    explicit Wakeup(int keyboard);
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;
    /// What comes from now on does again what it did before.
    ~Wakeup();

    [[nodiscard]] int descriptor() const { return epoll_.get(); }
    /// The next signal that came; none: no more.
    [[nodiscard]] std::optional<int> next_signal() const;
    /// True if nobody will press a key any more.
    [[nodiscard]] bool has_hung_up() const;

  private:
    int keyboard_;
    sigset_t before_{};
    sys::UniqueFd signals_;
    sys::UniqueFd epoll_;
};

}  // namespace oomguard::ctl::top
