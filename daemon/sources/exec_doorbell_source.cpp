// SPDX-License-Identifier: MIT
#include "daemon/sources/exec_doorbell_source.hpp"

#include <cstddef>
#include <set>

#include <link.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

namespace oomguard::daemon {
namespace {

/// The interpreter in this program's own header (PT_INTERP), which is that of the distribution.
std::string elf_interpreter() {
    const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
    const std::size_t count = getauxval(AT_PHNUM);
    const std::size_t own = headers == nullptr ? 0 : count;
    for (std::size_t index = 0; index < own; ++index) {
        if (headers[index].p_type != PT_INTERP)
            continue;
        // The headers are themselves mapped at an address of the file: PT_PHDR tells the offset.
        for (std::size_t other = 0; other < own; ++other) {
            if (headers[other].p_type == PT_PHDR) {
                const auto base = getauxval(AT_PHDR) - headers[other].p_vaddr;
                return reinterpret_cast<const char*>(base + headers[index].p_vaddr);
            }
        }
    }
    return {};
}

}  // namespace

ExecDoorbellSource::ExecDoorbellSource(EventLoop& loop, News& news)
    : news_(news), loop_(loop), report_(news, "exec-doorbell") {}

void ExecDoorbellSource::start(const std::vector<std::string>& executables) {
    disarm();
    auto inotify = sys::Inotify::create();
    if (!inotify) {
        report_.set(SourceState::Status::Failed, inotify.error().message());
        return;
    }
    inotify_.emplace(std::move(*inotify));

    std::set<std::string> paths = {elf_interpreter(), "/etc/ld.so.cache"};
    for (const auto& executable : executables)
        paths.insert(executable.substr(0, executable.rfind('/') + 1));
    bool rings = false;
    std::string failure;
    for (const auto& path : paths) {
        const auto watch = inotify_->add(path, IN_OPEN);
        rings = rings || watch;
        if (!watch)
            failure = watch.error().message();
    }
    if (!rings) {
        disarm();
        report_.set(SourceState::Status::Failed, failure);
        return;
    }
    io_ = loop_.add_io(inotify_->fd(), EPOLLIN, [this] { read(); });
    report_.set(SourceState::Status::Working);
}

void ExecDoorbellSource::stop() {
    disarm();
    report_.set(SourceState::Status::Off);
}

void ExecDoorbellSource::stand_by(const std::string& reason) {
    disarm();
    report_.set(SourceState::Status::Standby, reason);
}

void ExecDoorbellSource::disarm() {
    io_ = {};
    inotify_.reset();
}

void ExecDoorbellSource::read() {
    const auto events = inotify_->read();
    if (!events) {
        io_.disarm();
        report_.set(SourceState::Status::Failed, events.error().message());
        return;
    }
    // An overflow rings too, and rings say nothing more.
    if (!events->empty())
        news_.someone_executed();
}

}  // namespace oomguard::daemon
