// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"
#include "sys/inotify.hpp"

namespace oomguard::daemon {

/// News from the cgroup v2 tree: a new unit, scope or container is a new directory, and its file
/// cgroup.events is changed when the first process enters. A process that starts in, or moves to,
/// a cgroup with processes in it is not seen.
class CgroupSource {
  public:
    CgroupSource(EventLoop& loop, News& news);

    void start();
    void stop();

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    struct Watched {
        std::string directory;
        bool is_events_file = false;
    };
    using Watches = std::multimap<std::string, int>;

    void watch_all();
    void watch_all_again();
    void add_tree(const std::string& directory, bool is_new);
    bool add_watch(const std::string& directory, const std::string& file, std::uint32_t mask);
    void remove_tree(const std::string& directory);
    void remove_watches(Watches::iterator first, Watches::iterator last);
    void leave_some_to_others();
    void announce(const std::string& directory);
    void read();
    void take(const sys::InotifyEvent& event);

    News& news_;
    EventLoop& loop_;
    SourceReport report_;
    std::optional<sys::Inotify> inotify_;
    EventLoop::Source io_;
    EventLoop::Source rebuild_timer_;
    std::unordered_map<int, Watched> watched_;
    Watches watches_of_;  // by directory
    std::string limit_reason_;
};

}  // namespace oomguard::daemon
