// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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
/// a cgroup with processes in it is not seen. On request also of processes that the kernel killed.
class CgroupSource {
  public:
    CgroupSource(EventLoop& loop, News& news);

    void start();

    /// From the next watch_all() on: whether memory.events.local is watched too.
    void set_kills_wanted(bool wanted);

    void stop();

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    /// What of a cgroup a watch is on.
    enum class File { Directory, Events, Memory };

    struct Watched {
        std::string directory;
        File file = File::Directory;
        std::uint64_t kills = 0;  ///< Memory: of what it has told
    };
    using Watches = std::multimap<std::string, int>;

    void watch_all();
    void watch_all_again();
    void add_tree(const std::string& directory, bool is_new);
    bool add_watch(const std::string& directory, File file, std::uint32_t mask);
    void watch_failed(const Error& error);
    void remove_tree(const std::string& directory);
    void remove_watches(Watches::iterator first, Watches::iterator last);
    void leave_some_to_others();
    void announce(const std::string& directory);
    void count_kills(Watched& watched);
    [[nodiscard]] std::size_t cgroups_watched() const;
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
    bool are_kills_wanted_ = false;
};

}  // namespace oomguard::daemon
