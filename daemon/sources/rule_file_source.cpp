// SPDX-License-Identifier: MIT
#include "daemon/sources/rule_file_source.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "core/text.hpp"
#include "daemon/sources/watch_failure.hpp"

namespace oomguard::daemon {
namespace {

/// An editor's save is several events; they are one edit.
constexpr std::chrono::milliseconds kSettle{100};
constexpr std::chrono::seconds kRetryPause{60};

constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO |
                                IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                IN_ONLYDIR;

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/// A file being created: it will be closed after its writing, and is not whole before.
bool is_being_written(const sys::InotifyEvent& event, const std::string& directory) {
    struct stat status {};
    return (event.mask & IN_CREATE) != 0 &&
           ::lstat((directory + "/" + event.name).c_str(), &status) == 0 &&
           S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

RuleFileSource::RuleFileSource(EventLoop& loop, News& news, Paths paths)
    : news_(news),
      loop_(loop),
      report_(news, "rule-files"),
      paths_(std::move(paths)),
      settle_timer_(loop.add_timer([this] {
          watch_all();
          news_.files_changed();
      })) {}

void RuleFileSource::start() {
    if (!state().works_in_full())
        watch_all();
}

void RuleFileSource::stop() {
    settle_timer_.disarm();
    io_ = {};
    inotify_.reset();
    watched_.clear();
    report_.set(SourceState::Status::Off);
}

void RuleFileSource::watch_all() {
    failure_.clear();
    watched_.clear();
    if (!inotify_) {
        auto inotify = sys::Inotify::create();
        if (!inotify) {
            settle_timer_.arm_in(kRetryPause);
            report_.set(SourceState::Status::Failed, why_not_watched(inotify.error()));
            return;
        }
        inotify_.emplace(std::move(*inotify));
        io_ = loop_.add_io(inotify_->fd(), EPOLLIN, [this] { read(); });
    }
    for (const auto& directory : paths_.rule_directories)
        watch_directory(directory);
    const std::string settings_directory = parent_of(paths_.settings_file);
    watch_directory(settings_directory);
    const auto& rules = paths_.rule_directories;
    for (auto& [watch, watched] : watched_) {
        if (watched.directory == settings_directory)
            watched.awaited.insert(std::string(base_name(paths_.settings_file)));
        watched.has_rules = std::find(rules.begin(), rules.end(), watched.directory) != rules.end();
    }
    if (!failure_.empty())
        settle_timer_.arm_in(kRetryPause);
    report_.set(failure_.empty() ? SourceState::Status::Working : SourceState::Status::Failed,
                failure_);
}

void RuleFileSource::watch_directory(const std::string& directory) {
    std::string awaited;
    std::string existing = directory;
    while (true) {
        const auto watch = inotify_->add(existing, kMask);
        if (watch) {
            Watched& watched = watched_[*watch];
            watched.directory = existing;
            if (!awaited.empty())
                watched.awaited.insert(awaited);
            return;
        }
        if (!is_gone(watch.error()) || existing == "/") {
            failure_ = why_not_watched(watch.error());
            return;
        }
        awaited = base_name(existing);
        existing = parent_of(existing);
    }
}

void RuleFileSource::read() {
    const auto events = inotify_->read();
    if (!events) {
        io_.disarm();
        report_.set(SourceState::Status::Failed, events.error().message());
        return;
    }
    if (sys::tell_overflow(*events))
        news_.overrun(state().name, "the inotify queue was full");
    if (std::any_of(events->begin(), events->end(),
                    [this](const sys::InotifyEvent& event) { return matters(event); }))
        settle_timer_.arm_in(kSettle);
}

bool RuleFileSource::matters(const sys::InotifyEvent& event) const {
    if ((event.mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
        return true;
    const auto found = watched_.find(event.watch);
    if (found == watched_.end())
        return false;
    const Watched& watched = found->second;
    if (watched.awaited.contains(event.name))
        return !is_being_written(event, watched.directory);
    return watched.has_rules && event.name.ends_with(".yaml") && !event.name.starts_with('.') &&
           !is_being_written(event, watched.directory);
}

}  // namespace oomguard::daemon
