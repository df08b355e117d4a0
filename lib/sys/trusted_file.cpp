// SPDX-License-Identifier: MIT
#include "sys/trusted_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.hpp"

namespace oomguard::sys {
namespace {

std::optional<std::string> why_distrust(const struct stat& status,
                                        const std::vector<uid_t>& owners) {
    if (std::find(owners.begin(), owners.end(), status.st_uid) == owners.end())
        return "it belongs to user " + std::to_string(status.st_uid) +
               ", who could change it: run chown root on it";
    const bool is_of_strangers = status.st_gid != 0 && status.st_gid != ::getegid();
    const mode_t of_strangers = S_IWOTH | (is_of_strangers ? S_IWGRP : 0);
    if ((status.st_mode & of_strangers) == 0)
        return std::nullopt;
    constexpr mode_t kPermissions = 07777;
    std::array<char, sizeof("07777")> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & kPermissions);
    return std::string("others may write it (mode ") + mode.data() + "): run chmod go-w on it";
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// And who has the directory around it: root reads what the daemon's user has below /run.
std::vector<uid_t> owners_of(const std::string& path) {
    std::vector<uid_t> owners = {0, ::geteuid()};
    struct stat directory {};
    if (::stat(directory_of(path).c_str(), &directory) == 0)
        owners.push_back(directory.st_uid);
    return owners;
}

}  // namespace

Result<std::string> read_trusted_file(const std::string& path, std::size_t limit) {
    const auto owners = owners_of(path);
    return read_regular_file(
        path, limit, [&](const struct stat& status) { return why_distrust(status, owners); });
}

Result<void> check_trusted_directory(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return errno_error(errno, "read " + path);
    if (const auto why = why_distrust(status, owners_of(path)))
        return Error{{}, "read " + path + ": " + *why};
    return {};
}

std::string distrust_text(const Error& error, const std::string& path) {
    return error.code ? error.code.message() : error.context.substr(("read " + path + ": ").size());
}

}  // namespace oomguard::sys
