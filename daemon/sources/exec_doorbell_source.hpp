// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"
#include "sys/inotify.hpp"

namespace oomguard::daemon {

/// Rings when a program is executed, without telling which: every dynamic program opens its ELF
/// interpreter and then /etc/ld.so.cache, and a static one is opened in its own directory. Needs
/// no privilege. Armed only while no source that tells exact pids works.
class ExecDoorbellSource {
  public:
    ExecDoorbellSource(EventLoop& loop, News& news);

    /// `executables`: paths that rules name, whose directories are watched too.
    void start(const std::vector<std::string>& executables);
    void stop();
    void stand_by(const std::string& reason);

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    void disarm();
    void read();

    News& news_;
    EventLoop& loop_;
    SourceReport report_;
    std::optional<sys::Inotify> inotify_;
    EventLoop::Source io_;
};

}  // namespace oomguard::daemon
