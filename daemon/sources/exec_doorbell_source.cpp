// SPDX-License-Identifier: MIT
#include "daemon/sources/exec_doorbell_source.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>

#include <link.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "daemon/sources/watch_failure.hpp"

namespace oomguard::daemon {
namespace {

/// What the kernel gives as an address in the auxiliary vector or an ELF header.
template <typename T>
const T* at_address(std::uintptr_t address) {
    return reinterpret_cast<const T*>(address);  // NOLINT(performance-no-int-to-ptr)
}

/// The interpreter in this program's own header (PT_INTERP), which is that of the distribution.
/// Empty if the program has none.
std::string elf_interpreter() {
    const std::uintptr_t headers_at = getauxval(AT_PHDR);
    const auto* const first = at_address<ElfW(Phdr)>(headers_at);
    const std::span headers(first, first == nullptr ? 0 : getauxval(AT_PHNUM));
    const auto find = [&](ElfW(Word) type) {
        return std::find_if(headers.begin(), headers.end(),
                            [&](const auto& header) { return header.p_type == type; });
    };
    // Where the headers are less where they say they are: how far the program was moved.
    const auto own = find(PT_PHDR);
    const auto interpreter = find(PT_INTERP);
    if (own == headers.end() || interpreter == headers.end())
        return {};
    return at_address<char>(headers_at - own->p_vaddr + interpreter->p_vaddr);
}

}  // namespace

ExecDoorbellSource::ExecDoorbellSource(EventLoop& loop, News& news)
    : news_(news), loop_(loop), report_(news, "exec-doorbell") {}

void ExecDoorbellSource::start(const std::vector<std::string>& executables) {
    disarm();
    auto inotify = sys::Inotify::create();
    if (!inotify) {
        report_.set(SourceState::Status::Failed, why_not_watched(inotify.error()));
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
            failure = why_not_watched(watch.error());
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
    // Rings say nothing more.
    if (!events->empty())
        news_.someone_executed();
    // Processes that were new may have ended since, and their pids may be others' now.
    if (sys::tell_overflow(*events))
        news_.overrun(state().name, "the inotify queue was full");
}

}  // namespace oomguard::daemon
