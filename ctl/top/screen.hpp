// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "ctl/top/frame.hpp"
#include "ctl/top/key.hpp"

namespace oomguard::ctl::top {

/// The terminal at stdin and stdout, as a full screen while this lives; afterwards it is as it was
/// before. One at a time.
class Screen {
  public:
    /// Throws Failure if the terminal is not known or cannot do it. Colours only if it has some.
    explicit Screen(bool has_colour);
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen();

    [[nodiscard]] Size size() const;
    /// Takes the size that the terminal has now. All is drawn again.
    void resize();

    /// Writes what differs from what is shown, and nothing if it is the same.
    void draw(const Frame& frame);

    /// The next key that was pressed, without waiting; none: no more for now. Ctrl-L draws
    /// everything again.
    [[nodiscard]] std::optional<Key> next_key();

  private:
    struct Terminal;
    std::unique_ptr<Terminal> terminal_;
    std::optional<Frame> shown_;
};

}  // namespace oomguard::ctl::top
