// SPDX-License-Identifier: MIT
#include "sys/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>

namespace oomguard::sys {

namespace {

Result<std::string> read_descriptor(int fd, const std::string& path, std::size_t limit) {
    constexpr std::size_t kChunk = 4096;
    std::array<char, kChunk> chunk;
    std::string text;
    while (text.size() < limit) {
        const ssize_t got = ::read(fd, chunk.data(), std::min(chunk.size(), limit - text.size()));
        if (got == 0)
            break;
        if (got > 0)
            text.append(chunk.data(), static_cast<std::size_t>(got));
        else if (errno != EINTR)
            return errno_error(errno, "read " + path);
    }
    return text;
}

Result<void> write_all(int fd, std::string_view text, const std::string& context) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return errno_error(errno, context);
    }
    return {};
}

/// A new file next to `path`, removed again unless it took its place.
class Replacement {
  public:
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    explicit Replacement(const std::string& path) : context_("replace " + path) {
        // The name starts with a dot, so that readers of a directory of drop-ins pass it over.
        const std::size_t name_at = path.rfind('/') + 1;
        name_ = path.substr(0, name_at) + "." + path.substr(name_at) + ".XXXXXX";
        fd_ = UniqueFd(::mkostemp(name_.data(), O_CLOEXEC));
        error_ = fd_ ? 0 : errno;
    }

    ~Replacement() {
        if (fd_ && !placed_)
            ::unlink(name_.c_str());
    }

    Result<void> fill(std::string_view text, mode_t mode, std::optional<Owner> owner) {
        if (!fd_)
            return errno_error(error_, context_);
        Result<void> written = write_all(fd_.get(), text, context_);
        if (!written)
            return written;
        // Before the mode, of which it would take bits away.
        if (owner && ::fchown(fd_.get(), owner->user, owner->group) != 0)
            return errno_error(errno, context_);
        // Without the fsync, a crash can leave the new name with no content.
        if (::fchmod(fd_.get(), mode) != 0 || ::fsync(fd_.get()) != 0)
            return errno_error(errno, context_);
        return {};
    }

    Result<void> place(const std::string& path) {
        if (::rename(name_.c_str(), path.c_str()) != 0)
            return errno_error(errno, context_);
        placed_ = true;
        return {};
    }

  private:
    std::string context_;
    std::string name_;
    UniqueFd fd_;
    int error_ = 0;
    bool placed_ = false;
};

}  // namespace

Result<UniqueFd> open_at(int dir_fd, const std::string& path, int flags, mode_t mode) {
    for (;;) {
        UniqueFd fd(::openat(dir_fd, path.c_str(), flags | O_CLOEXEC, mode));
        if (fd)
            return fd;
        if (errno != EINTR)
            return errno_error(errno, "open " + path);
    }
}

Result<std::string> read_at(int dir_fd, const std::string& path, std::size_t limit) {
    Result<UniqueFd> fd = open_at(dir_fd, path, O_RDONLY);
    if (!fd)
        return fd.error();
    return read_descriptor(fd->get(), path, limit);
}

Result<std::string_view> read_once(int dir_fd, const std::string& path, std::span<char> buffer) {
    Result<UniqueFd> fd = open_at(dir_fd, path, O_RDONLY);
    if (!fd)
        return fd.error();
    ssize_t got = -1;
    do
        got = ::read(fd->get(), buffer.data(), buffer.size());
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno_error(errno, "read " + path);
    return std::string_view(buffer.data(), static_cast<std::size_t>(got));
}

Result<std::string> read_regular_file(
    const std::string& path, std::size_t limit,
    const std::function<std::optional<std::string>(const struct stat&)>& why_not) {
    const auto irregular = [&] {
        return errno_error(EINVAL, "read " + path + ": not a regular file");
    };

    // O_NONBLOCK: opening a fifo waits for a writer otherwise.
    Result<UniqueFd> fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd)  // ENXIO: a socket
        return fd.error().code.value() == ENXIO ? irregular() : fd.error();
    struct stat status {};
    if (::fstat(fd->get(), &status) != 0)
        return errno_error(errno, "read " + path);
    if (S_ISDIR(status.st_mode))
        return errno_error(EISDIR, "read " + path);
    if (!S_ISREG(status.st_mode))
        return irregular();
    if (const auto refused = why_not ? why_not(status) : std::nullopt)
        return Error{{}, "read " + path + ": " + *refused};

    // One byte more tells a file of just the limit from a longer one.
    Result<std::string> text = read_descriptor(fd->get(), path, limit + 1);
    if (text && text->size() > limit)
        return errno_error(EFBIG, "read " + path);
    return text;
}

Result<void> write_once(int dir_fd, const std::string& path, std::string_view text) {
    Result<UniqueFd> fd = open_at(dir_fd, path, O_WRONLY | O_TRUNC);
    if (!fd)
        return fd.error();
    ssize_t written = 0;
    do
        written = ::write(fd->get(), text.data(), text.size());
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return errno_error(errno, "write " + path);
    if (static_cast<std::size_t>(written) != text.size())
        return errno_error(EIO, "write " + path);
    return {};
}

Result<void> append_once(int fd, const std::string& path, std::string_view text) {
    ssize_t written = 0;
    do
        written = ::write(fd, text.data(), text.size());
    while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(text.size()))
        return {};
    return errno_error(written < 0 ? errno : ENOSPC, "append to " + path);
}

Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode,
                          std::optional<Owner> owner) {
    Replacement replacement(path);
    Result<void> filled = replacement.fill(text, mode, owner);
    return filled ? replacement.place(path) : filled;
}

}  // namespace oomguard::sys
