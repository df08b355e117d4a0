// SPDX-License-Identifier: MIT
#include "sys/inotify.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace oomguard::sys {

namespace {

/// The kernel writes whole events only. The name is padded with NULs to a multiple of the header.
void append_events(std::span<const char> bytes, std::vector<InotifyEvent>& events) {
    while (bytes.size() >= sizeof(inotify_event)) {
        inotify_event header{};
        std::memcpy(&header, bytes.data(), sizeof(header));
        bytes = bytes.subspan(sizeof(header));
        const std::size_t padded = std::min<std::size_t>(header.len, bytes.size());
        events.push_back({header.wd, header.mask, {bytes.data(), ::strnlen(bytes.data(), padded)}});
        bytes = bytes.subspan(padded);
    }
}

}  // namespace

bool tell_overflow(const std::vector<InotifyEvent>& events) {
    return std::any_of(events.begin(), events.end(),
                       [](const InotifyEvent& event) { return (event.mask & IN_Q_OVERFLOW) != 0; });
}

Result<Inotify> Inotify::create() {
    UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd)
        return errno_error(errno, "create inotify instance");
    return Inotify(std::move(fd));
}

Result<int> Inotify::add(const std::string& path, std::uint32_t mask) {
    const int watch = ::inotify_add_watch(fd_.get(), path.c_str(), mask);
    if (watch < 0)
        return errno_error(errno, "watch " + path);
    return watch;
}

void Inotify::remove(int watch) {
    // The only failure is that there is no such watch any more.
    (void)::inotify_rm_watch(fd_.get(), watch);
}

Result<std::vector<InotifyEvent>> Inotify::read() {
    // What waits now, so that a fast writer cannot keep the caller here.
    int waiting = 0;
    if (::ioctl(fd_.get(), FIONREAD, &waiting) != 0)
        return errno_error(errno, "read inotify events");

    constexpr std::size_t kBuffer = 16384;
    std::array<char, kBuffer> buffer;
    std::vector<InotifyEvent> events;
    while (waiting > 0) {
        const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got < 0)
            return errno_error(errno, "read inotify events");
        append_events({buffer.data(), static_cast<std::size_t>(got)}, events);
        waiting -= static_cast<int>(got);
    }
    return events;
}

}  // namespace oomguard::sys
