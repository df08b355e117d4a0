// SPDX-License-Identifier: MIT
#include "sys/kmsg.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys/file.hpp"

namespace oomguard::sys {
namespace {

constexpr const char* kPath = "/dev/kmsg";
/// Documentation/admin-guide/devices.txt in the kernel.
constexpr unsigned kMajor = 1;
constexpr unsigned kMinor = 11;

bool is_kmsg(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == ::makedev(kMajor, kMinor);
}

/// A descriptor of its own for what standard input is.
Result<UniqueFd> take_standard_input() {
    UniqueFd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!fd || ::fcntl(fd.get(), F_SETFL, O_RDONLY | O_NONBLOCK) != 0)
        return errno_error(errno, "read the kernel's log from standard input");
    return fd;
}

}  // namespace

Result<Kmsg> Kmsg::open() {
    auto fd = is_kmsg(STDIN_FILENO) ? take_standard_input()
                                    : open_at(AT_FDCWD, kPath, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd)
        return fd.error();
    if (!is_kmsg(fd->get()))
        return errno_error(ENODEV, std::string("open ") + kPath);
    if (::lseek(fd->get(), 0, SEEK_SET) < 0)
        return errno_error(errno, std::string("seek in ") + kPath);
    return Kmsg(*std::move(fd));
}

Result<Kmsg::Reading> Kmsg::read() {
    ssize_t got = -1;
    do
        got = ::read(fd_.get(), buffer_.data(), buffer_.size());
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return Reading{Reading::Kind::Record, {buffer_.data(), static_cast<std::size_t>(got)}};
    if (got < 0 && errno == EPIPE)
        return Reading{Reading::Kind::Lost, {}};
    // One that is longer than the buffer is passed over by the next read.
    if (got < 0 && errno == EINVAL)
        return Reading{Reading::Kind::Lost, {}};
    if (got < 0 && errno != EAGAIN)
        return errno_error(errno, std::string("read ") + kPath);
    return Reading{Reading::Kind::None, {}};
}

}  // namespace oomguard::sys
