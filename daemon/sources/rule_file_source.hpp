// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"
#include "sys/inotify.hpp"

namespace oomguard::daemon {

/// News of edits: the rule directories and oom-guardd.yaml. A directory that does not exist yet is
/// waited for in the nearest one above it that does.
class RuleFileSource {
  public:
    /// Absolute ones.
    struct Paths {
        std::string settings_file;
        std::vector<std::string> rule_directories;
    };

    RuleFileSource(EventLoop& loop, News& news, Paths paths);

    void start();
    void stop();

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    /// What a watch is for: a directory, and the entries below it that are waited for.
    struct Watched {
        std::string directory;
        std::set<std::string> awaited;
        bool has_rules = false;
    };

    void watch_all();
    void watch_directory(const std::string& directory);
    void read();
    [[nodiscard]] bool matters(const sys::InotifyEvent& event) const;

    News& news_;
    EventLoop& loop_;
    SourceReport report_;
    Paths paths_;
    std::optional<sys::Inotify> inotify_;
    EventLoop::Source io_;
    EventLoop::Source settle_timer_;
    std::map<int, Watched> watched_;
    std::string failure_;
};

}  // namespace oomguard::daemon
