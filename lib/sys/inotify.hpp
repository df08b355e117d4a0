// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

struct InotifyEvent {
    int watch = -1;          ///< -1 with IN_Q_OVERFLOW
    std::uint32_t mask = 0;  ///< the kernel's IN_ bits
    std::string name;        ///< of the entry in a watched directory, without the kernel's padding
};

/// True if events were dropped because the instance's queue was full.
[[nodiscard]] bool tell_overflow(const std::vector<InotifyEvent>& events);

/// An inotify instance. Non-blocking.
class Inotify {
  public:
    static Result<Inotify> create();

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// The watch's number; the same path watched again is the same number. ENOSPC: the limit
    /// fs.inotify.max_user_watches is reached.
    [[nodiscard]] Result<int> add(const std::string& path, std::uint32_t mask);

    /// Must also be called for a cgroup that has gone: before 7.1 the kernel keeps such a watch
    /// for ever. A watch the kernel has dropped already is no error.
    void remove(int watch);

    /// All events that are waiting, possibly none.
    [[nodiscard]] Result<std::vector<InotifyEvent>> read();

  private:
    explicit Inotify(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

}  // namespace oomguard::sys
