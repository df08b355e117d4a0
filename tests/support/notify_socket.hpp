// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "support/launch.hpp"

namespace oomguard::test {

/// What systemd listens on: the socket of $NOTIFY_SOCKET. Keeps every message. A process of its
/// own takes them in, as systemd does at any time: the daemon waits when ten are unread.
class NotifySocket {
  public:
    explicit NotifySocket(std::string path);

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Readable when there are new ones.
    [[nodiscard]] int fd() const { return relayed_.read_end.get(); }

    /// All so far, as they were sent: assignments with a newline in between.
    const std::vector<std::string>& messages();

    /// How many messages say this, such as "READY=1".
    std::size_t count(const std::string& assignment);

    /// The latest STATUS=; empty if there was none.
    std::string status();

  private:
    void receive();

    std::string path_;
    Pipe relayed_;
    std::string partial_;
    Child relay_;
    std::vector<std::string> messages_;
};

}  // namespace oomguard::test
