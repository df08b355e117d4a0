// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
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
/// Users make cgroups as they like, so there is a bound to how many are watched, how long their
/// paths are, and how often the tree is gone through.
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

    /// By directory, for each File, or kNone.
    using Watches = std::map<std::string, std::array<int, 3>>;
    static constexpr int kNone = -1;
    struct Watched {
        Watches::const_iterator cgroup;
        File file = File::Directory;
        std::uint64_t kills = 0;  ///< Memory: of what it has told
    };

    void watch_all();
    void watch_all_again();
    void watch_all_after_loss();
    [[nodiscard]] bool may_watch(const std::string& directory);
    void add_tree(const std::string& directory, bool is_new);
    bool add_watch(const std::string& directory, File file, std::uint32_t mask);
    void watch_kills(const std::string& directory, bool is_new);
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
    Watches watches_of_;
    Time went_through_;  // the tree, last
    std::chrono::seconds loss_pause_{0};
    bool is_loss_pending_ = false;
    std::string limit_reason_;
    bool are_kills_wanted_ = false;
};

}  // namespace oomguard::daemon
