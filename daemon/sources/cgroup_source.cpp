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
constexpr std::ptrdiff_t kLeftToOthers = 32;
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

void CgroupSource::watch_all_again() {
    watch_all();
    // What happened since the watches before were dropped nobody told.
    if (state().works())
        news_.caught_up();
}

void CgroupSource::add_tree(const std::string& directory, bool is_new) {
    std::vector<std::string> pending = {directory};
    while (!pending.empty() && limit_reason_.empty()) {
        const std::string next = std::move(pending.back());
        pending.pop_back();
        // First watched, then listed: what is created in between is seen twice, never missed.
        if (!add_watch(next, File::Directory, IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR))
            continue;
        add_watch(next, File::Events, IN_MODIFY);
        if (are_kills_wanted_)
            add_watch(next, File::Memory, IN_MODIFY);
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
    Watched watched{directory, file};
    if (file == File::Memory)
        watched.kills = sys::oom_kills(directory);
    if (watched_.insert_or_assign(*watch, std::move(watched)).second)
        watches_of_.emplace(directory, *watch);
    return true;
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
    return watches_of_.size() / (are_kills_wanted_ ? 3 : 2);
}

void CgroupSource::remove_tree(const std::string& directory) {
    const auto [first, last] = watches_of_.equal_range(directory);
    remove_watches(first, last);
    // '0' follows '/'.
    remove_watches(watches_of_.lower_bound(directory + "/"),
                   watches_of_.lower_bound(directory + "0"));
}

void CgroupSource::remove_watches(Watches::iterator first, Watches::iterator last) {
    // The kernel drops watches of removed cgroups by itself only since 7.1.
    for (auto at = first; at != last; ++at) {
        inotify_->remove(at->second);
        watched_.erase(at->second);
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
    const std::uint64_t kills = sys::oom_kills(watched.directory);
    const std::uint64_t before = std::exchange(watched.kills, kills);
    if (kills > before)
        news_.killed_in(watched.directory, kills - before);
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
        rebuild_timer_.arm_in({});
        return;
    }
    const auto found = watched_.find(event.watch);
    if (found == watched_.end())
        return;
    const std::string directory = found->second.directory;
    if (found->second.file == File::Memory)
        count_kills(found->second);
    else if (found->second.file == File::Events)
        announce(directory);
    else if ((event.mask & IN_ATTRIB) != 0 && event.name.empty())
        news_.attributes_changed(directory);
    else if ((event.mask & IN_ISDIR) != 0 && (event.mask & IN_CREATE) != 0)
        add_tree(directory + "/" + event.name, true);
    else if ((event.mask & IN_ISDIR) != 0 && (event.mask & IN_DELETE) != 0)
        remove_tree(directory + "/" + event.name);
}

}  // namespace oomguard::daemon
