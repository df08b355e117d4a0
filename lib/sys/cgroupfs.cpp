// SPDX-License-Identifier: MIT
#include "sys/cgroupfs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "core/text.hpp"
#include "sys/cgroup_memory.hpp"
#include "sys/directory.hpp"
#include "sys/file.hpp"

namespace oomguard::sys {

namespace {

// Containers by the thousand have a mount each. The text is the kernel's, so this is no defence.
constexpr std::size_t kMountinfoLimit = 64 << 20;
// More than all the pids there can be (PID_MAX_LIMIT, 4194304), a line each.
constexpr std::size_t kProcsLimit = 64 << 20;

std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

bool is_octal(std::string_view text) {
    return text.find_first_not_of("01234567") == std::string_view::npos;
}

/// Undoes mangle() of the kernel's fs/seq_file.c: space, tab, newline, '\' and '#' as \OOO.
std::string unescape(std::string_view text) {
    constexpr std::size_t kEscape = 4;
    std::string plain;
    while (!text.empty()) {
        if (text.front() == '\\' && text.size() >= kEscape && text[1] <= '3' &&
            is_octal(text.substr(1, kEscape - 1))) {
            unsigned value = 0;
            std::from_chars(text.data() + 1, text.data() + kEscape, value, 8);
            plain.push_back(static_cast<char>(value));
            text.remove_prefix(kEscape);
        } else {
            plain.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return plain;
}

/// "ID PARENT DEVICE ROOT MOUNT_POINT OPTIONS [OPTIONAL...] - TYPE SOURCE OPTIONS", proc(5).
std::optional<std::string> cgroup_mount_of(std::string_view line) {
    constexpr int kFieldsBefore = 4;
    for (int i = 0; i < kFieldsBefore; ++i)
        take_word(line);
    const std::string_view mount_point = take_word(line);
    take_word(line);
    while (!line.empty() && take_word(line) != "-")
        continue;
    if (!mount_point.starts_with('/') || take_word(line) != "cgroup2")
        return std::nullopt;
    return unescape(mount_point);
}

/// "/../x" is the path of a process outside our cgroup namespace.
bool is_below_mount(std::string_view cgroup) {
    return cgroup.starts_with('/') && (std::string(cgroup) + "/").find("/../") == std::string::npos;
}

bool is_directory(const std::string& path, unsigned char type) {
    if (type != DT_UNKNOWN)
        return type == DT_DIR;
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::optional<std::string> parse_cgroup_mount(std::string_view mountinfo) {
    while (!mountinfo.empty()) {
        const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
        if (std::optional<std::string> mount = cgroup_mount_of(mountinfo.substr(0, end)))
            return mount;
        mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    }
    return std::nullopt;
}

Result<std::string> find_cgroup_mount() {
    const Result<std::string> text = read_at(AT_FDCWD, "/proc/self/mountinfo", kMountinfoLimit);
    if (!text)
        return text.error();
    std::optional<std::string> mount = parse_cgroup_mount(*text);
    if (!mount)
        return errno_error(ENOENT, "find a mount of type cgroup2");
    return *std::move(mount);
}

Result<std::vector<std::string>> child_cgroups(const std::string& directory) {
    std::vector<std::string> children;
    const Result<void> listed = list_directory(AT_FDCWD, directory, [&](const dirent& entry) {
        std::string path = directory + "/" + entry.d_name;
        if (is_directory(path, entry.d_type))
            children.push_back(std::move(path));
    });
    if (!listed)
        return listed.error();
    return children;
}

Result<std::vector<int>> cgroup_pids(const std::string& directory) {
    const std::string path = directory + "/cgroup.procs";
    const Result<std::string> text = read_at(AT_FDCWD, path, kProcsLimit);
    if (!text)
        return text.error();
    std::vector<int> pids;
    const char* at = text->data();
    const char* const end = at + text->size();
    while (at != end) {
        int pid = 0;
        const auto [stop, error] = std::from_chars(at, end, pid);
        if (error != std::errc() || pid < 0 || stop == end || *stop != '\n')
            return errno_error(EINVAL, "parse " + path);
        if (pid > 0)
            pids.push_back(pid);
        at = stop + 1;
    }
    return pids;
}

Result<bool> has_memory_limit(const std::string& mount, std::string_view cgroup) {
    if (const auto directory = cgroup_directory(mount, cgroup); !directory)
        return directory.error();
    while (cgroup.ends_with('/'))
        cgroup.remove_suffix(1);
    for (;;) {
        const Result<std::uint64_t> limit = memory_max(mount + std::string(cgroup));
        if (!limit)
            return limit.error();
        if (*limit != kNoLimit || cgroup.empty())
            return *limit != kNoLimit;
        cgroup = cgroup.substr(0, cgroup.rfind('/'));
    }
}

std::vector<Uid> owners_above(const std::string& mount, std::string_view cgroup) {
    std::vector<Uid> owners;
    if (!is_below_mount(cgroup))
        return owners;
    while (cgroup.ends_with('/'))
        cgroup.remove_suffix(1);
    for (std::size_t end = 0; end < cgroup.size();
         end = std::min(cgroup.size(), cgroup.find('/', end + 1))) {
        const std::string directory = mount + std::string(cgroup.substr(0, end));
        struct stat status {};
        if (::lstat(directory.c_str(), &status) != 0)
            break;
        const bool is_open = (status.st_mode & S_IWOTH) != 0 ||
                             ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0);
        owners.push_back(is_open ? kUnknownOwner : status.st_uid);
    }
    return owners;
}

Result<std::string> cgroup_directory(const std::string& mount, std::string_view cgroup) {
    if (!is_below_mount(cgroup))
        return errno_error(EXDEV, "find the cgroup " + std::string(cgroup) + " below " + mount);
    return mount + std::string(cgroup);
}

}  // namespace oomguard::sys
