// SPDX-License-Identifier: MIT
#include "daemon/sources/cgroup_source.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/inotify.h>

#include "daemon/sources/watch_failure.hpp"
#include "sys/cgroup_memory.hpp"
#include "sys/cgroupfs.hpp"

namespace oomguard::daemon {
namespace {

constexpr std::chrono::seconds kRetryPause{60};
/// Where watches run out, so many are left to the other sources and programs of the user.
constexpr std::ptrdiff_t kLeftToOthers = 16;  // cgroups, two or three watches each
constexpr std::size_t kMostCgroups = 32'768;
constexpr std::size_t kLongestPath = 1024;
constexpr const char* kEventsFile = "/cgroup.events";

}  // namespace

CgroupSource::CgroupSource(EventLoop& loop, News& news)
    : news_(news),
      loop_(loop),
      report_(news, "cgroups"),
      rebuild_timer_(loop.add_timer([this] { watch_all_again(); })) {}

void CgroupSource::start() {
    if (!state().works_in_full())
        watch_all();
}

void CgroupSource::set_kills_wanted(bool wanted) {
    if (std::exchange(are_kills_wanted_, wanted) == wanted || !state().works())
        return;
    rebuild_timer_.arm_in({});
}

void CgroupSource::stop() {
    rebuild_timer_.disarm();
    is_loss_pending_ = false;
    io_ = {};
    inotify_.reset();
    watched_.clear();
    watches_of_.clear();
    report_.set(SourceState::Status::Off);
}

void CgroupSource::watch_all() {
    io_ = {};
    watched_.clear();
    watches_of_.clear();
    limit_reason_.clear();
    inotify_.reset();
    const auto mount = sys::find_cgroup_mount();
    auto inotify = sys::Inotify::create();
    if (!mount || !inotify) {
        rebuild_timer_.arm_in(kRetryPause);
        report_.set(SourceState::Status::Failed,
                    mount ? why_not_watched(inotify.error()) : mount.error().message());
        return;
    }
    inotify_.emplace(std::move(*inotify));
    io_ = loop_.add_io(inotify_->fd(), EPOLLIN, [this] { read(); });
    add_tree(*mount, false);
    report_.set(watched_.empty() ? SourceState::Status::Failed : SourceState::Status::Working,
                limit_reason_);
}

/// At once, but not again and again: with cgroups that come and go somebody could keep us at it.
void CgroupSource::watch_all_after_loss() {
    if (std::exchange(is_loss_pending_, true))
        return;
    const bool is_calm = Clock::now() - went_through_ > kRetryPause;
    loss_pause_ = is_calm ? std::chrono::seconds(0)
                          : std::clamp(2 * loss_pause_, std::chrono::seconds(1), kRetryPause);
    rebuild_timer_.arm_in(loss_pause_);
}

void CgroupSource::watch_all_again() {
    is_loss_pending_ = false;
    watch_all();
    went_through_ = Clock::now();
    // What happened since the watches before were dropped nobody told.
    if (state().works())
        news_.caught_up();
}

void CgroupSource::add_tree(const std::string& directory, bool is_new) {
    std::vector<std::string> pending = {directory};
    while (!pending.empty() && limit_reason_.empty()) {
        const std::string next = std::move(pending.back());
        pending.pop_back();
        if (!may_watch(next))
            continue;
        // First watched, then listed: what is created in between is seen twice, never missed.
        if (!add_watch(next, File::Directory, IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR))
            continue;
        add_watch(next, File::Events, IN_MODIFY);
        if (are_kills_wanted_)
            watch_kills(next, is_new);
        if (is_new)
            announce(next);
        if (const auto children = sys::child_cgroups(next))
            pending.insert(pending.end(), children->begin(), children->end());
    }
}

bool CgroupSource::add_watch(const std::string& directory, File file, std::uint32_t mask) {
    const std::string path = file == File::Directory ? directory
                             : file == File::Events  ? directory + kEventsFile
                                                     : sys::memory_events_path(directory);
    const auto watch = inotify_->add(path, mask);
    if (!watch) {
        watch_failed(watch.error());
        return false;
    }
    const auto cgroup = watches_of_.try_emplace(directory, std::array{kNone, kNone, kNone}).first;
    int& held = cgroup->second.at(static_cast<std::size_t>(file));
    if (held != kNone && held != *watch) {  // of another that had the path before
        inotify_->remove(held);
        watched_.erase(held);
    }
    held = *watch;
    watched_.try_emplace(*watch, Watched{cgroup, file});
    return true;
}

/// What was killed before counts only where the cgroup is so new that nobody has told of it.
void CgroupSource::watch_kills(const std::string& directory, bool is_new) {
    if (!add_watch(directory, File::Memory, IN_MODIFY))
        return;
    const auto index = static_cast<std::size_t>(File::Memory);
    Watched& watched = watched_.at(watches_of_.at(directory).at(index));
    if (is_new)
        count_kills(watched);
    else
        watched.kills = sys::oom_kills(directory);
}

bool CgroupSource::may_watch(const std::string& directory) {
    if (directory.size() > kLongestPath)
        return false;
    if (watches_of_.size() < kMostCgroups || watches_of_.contains(directory))
        return true;
    limit_reason_ =
        "there are too many cgroups, only " + std::to_string(cgroups_watched()) + " are watched";
    rebuild_timer_.arm_in(kRetryPause);
    return false;
}

void CgroupSource::watch_failed(const Error& error) {
    // The root has no cgroup.events, and a directory may have gone again.
    if (is_gone(error))
        return;
    if (limit_reason_.empty())
        rebuild_timer_.arm_in(kRetryPause);
    limit_reason_ = why_not_watched(error);
    if (error.code == std::errc::no_space_on_device) {
        leave_some_to_others();
        limit_reason_ += ", only " + std::to_string(cgroups_watched()) + " cgroups are watched";
    }
}

std::size_t CgroupSource::cgroups_watched() const {
    return watches_of_.size();
}

void CgroupSource::remove_tree(const std::string& directory) {
    if (const auto cgroup = watches_of_.find(directory); cgroup != watches_of_.end())
        remove_watches(cgroup, std::next(cgroup));
    // '0' follows '/'.
    remove_watches(watches_of_.lower_bound(directory + "/"),
                   watches_of_.lower_bound(directory + "0"));
}

void CgroupSource::remove_watches(Watches::iterator first, Watches::iterator last) {
    // The kernel drops watches of removed cgroups by itself only since 7.1.
    for (auto at = first; at != last; ++at) {
        for (const int watch : at->second) {
            if (watch == kNone)
                continue;
            inotify_->remove(watch);
            watched_.erase(watch);
        }
    }
    watches_of_.erase(first, last);
}

void CgroupSource::leave_some_to_others() {
    const auto most = static_cast<std::ptrdiff_t>(cgroups_watched());
    remove_watches(std::prev(watches_of_.end(), std::min(kLeftToOthers, most)), watches_of_.end());
}

void CgroupSource::announce(const std::string& directory) {
    const auto pids = sys::cgroup_pids(directory);
    if (!pids)
        return;
    for (const Pid pid : *pids)
        news_.found(pid);
}

void CgroupSource::count_kills(Watched& watched) {
    const std::string& directory = watched.cgroup->first;
    const std::uint64_t kills = sys::oom_kills(directory);
    const std::uint64_t before = std::exchange(watched.kills, kills);
    if (kills > before)
        news_.killed_in(directory, kills - before);
}

void CgroupSource::read() {
    const auto events = inotify_->read();
    if (!events) {
        io_.disarm();
        rebuild_timer_.arm_in(kRetryPause);
        report_.set(SourceState::Status::Failed, events.error().message());
        return;
    }
    for (const auto& event : *events)
        take(event);
    news_.all_told();
    if (state().status == SourceState::Status::Working)
        report_.set(SourceState::Status::Working, limit_reason_);
}

void CgroupSource::take(const sys::InotifyEvent& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
        news_.overrun(state().name, "the inotify queue was full");
        watch_all_after_loss();
        return;
    }
    const auto found = watched_.find(event.watch);
    if (found == watched_.end())
        return;
    const std::string directory = found->second.cgroup->first;
    if (found->second.file == File::Memory)
        count_kills(found->second);
    else if (found->second.file == File::Events)
        announce(directory);
    else if ((event.mask & IN_ATTRIB) != 0 && event.name.empty())
        news_.attributes_changed(directory);
    else if ((event.mask & IN_ISDIR) != 0 && (event.mask & IN_CREATE) != 0) {
        // One with cgroups below it is not to be marked for systemd-oomd any more.
        news_.attributes_changed(directory);
        add_tree(directory + "/" + event.name, true);
    } else if ((event.mask & IN_ISDIR) != 0 && (event.mask & IN_DELETE) != 0)
        remove_tree(directory + "/" + event.name);
}

}  // namespace oomguard::daemon
