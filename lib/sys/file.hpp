// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/types.h>

#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

/// Opens with O_CLOEXEC, retrying on EINTR. `dir_fd` may be AT_FDCWD. `context` of the error is
/// "open PATH".
[[nodiscard]] Result<UniqueFd> open_at(int dir_fd, const std::string& path, int flags,
                                       mode_t mode = 0);

/// Reads to the end, at most `limit` bytes (the rest is left out: for files of the kernel, whose
/// interesting part comes first).
[[nodiscard]] Result<std::string> read_at(int dir_fd, const std::string& path, std::size_t limit);

/// Reads with one read(2) into `buffer`: all there is of a file that the kernel writes anew for
/// each reader and gives whole, such as /proc/PID/stat. What does not fit is left out.
[[nodiscard]] Result<std::string_view> read_once(int dir_fd, const std::string& path,
                                                 std::span<char> buffer);

/// Reads a regular file whole. Never blocks on what is not one: a directory, fifo, socket or
/// device is the error EISDIR or "not a regular file" (EINVAL). More than `limit` bytes: EFBIG.
/// `why_not` may refuse the open file: its answer is then in the error, which has no code.
[[nodiscard]] Result<std::string> read_regular_file(
    const std::string& path, std::size_t limit,
    const std::function<std::optional<std::string>(const struct stat&)>& why_not = {});

/// Writes `text` with one write(2) to an existing file (O_WRONLY | O_TRUNC), as the kernel's proc
/// files want it; a short write is the error EIO.
[[nodiscard]] Result<void> write_once(int dir_fd, const std::string& path, std::string_view text);

/// Writes `text` with one write(2) to the end of an open file; a short write is the error ENOSPC.
/// `path` is for the message.
[[nodiscard]] Result<void> append_once(int fd, const std::string& path, std::string_view text);

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
};

/// Puts a new file in place of `path` so that a reader, or a crash, sees the old or the new whole.
/// A link is replaced, not followed. On failure nothing is changed, and nothing is left behind but
/// by a crash: then ".NAME.XXXXXX" in the same directory. `mode` is not cut by the umask. Without
/// an owner it is the caller's.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode,
                                        std::optional<Owner> owner = std::nullopt);

}  // namespace oomguard::sys
