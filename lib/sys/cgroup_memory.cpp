// SPDX-License-Identifier: MIT
#include "sys/cgroup_memory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <fcntl.h>

#include "sys/directory.hpp"
#include "sys/file.hpp"

namespace oomguard::sys {

namespace {

using Line = std::array<char, 64>;

/// The text of a file of a cgroup; nothing if the cgroup has no such file. `line` keeps it.
Result<std::optional<std::string_view>> text_of(const std::string& directory, const char* file,
                                                Line& line) {
    const std::string path = directory + "/" + file;
    const Result<std::string_view> text = read_once(AT_FDCWD, path, line);
    if (text)
        return std::optional(*text);
    const Error& error = text.error();
    if (error.code != std::errc::no_such_file_or_directory)
        return errno_error(error.code.value(), "read " + path);
    // A file that is not there is told from a cgroup that is not.
    if (const auto cgroup = open_at(AT_FDCWD, directory, O_PATH | O_DIRECTORY); !cgroup)
        return cgroup.error();
    return std::optional<std::string_view>();
}

Result<std::uint64_t> read_limit(const std::string& directory, const char* file) {
    Line line;
    const auto text = text_of(directory, file, line);
    if (!text)
        return text.error();
    if (!*text)
        return kNoLimit;
    const std::optional<std::uint64_t> limit = parse_limit(**text);
    if (!limit)
        return errno_error(EINVAL, "parse " + directory + "/" + file);
    return *limit;
}

/// "local": what happens in cgroups below does not count here.
constexpr const char* kMemoryEvents = "/memory.events.local";

}  // namespace

std::string memory_events_path(const std::string& directory) {
    return directory + kMemoryEvents;
}

std::uint64_t oom_kills(const std::string& directory) {
    constexpr std::size_t kLongest = 512;
    std::array<char, kLongest> buffer{};
    const auto text = read_once(AT_FDCWD, memory_events_path(directory), buffer);
    return text ? parse_oom_kills(*text) : 0;
}

std::uint64_t parse_oom_kills(std::string_view text) {
    constexpr std::string_view kKey = "\noom_kill ";
    std::uint64_t count = 0;
    if (const std::size_t at = text.find(kKey); at != std::string_view::npos)
        std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), count);
    return count;
}

std::optional<std::uint64_t> parse_limit(std::string_view text) {
    if (!text.ends_with('\n'))
        return std::nullopt;
    text.remove_suffix(1);
    if (text == "max")
        return kNoLimit;
    std::uint64_t bytes = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return std::min(bytes, kNoLimit - 1);
}

Result<std::uint64_t> memory_max(const std::string& directory) {
    return read_limit(directory, "memory.max");
}

Result<std::uint64_t> memory_swap_max(const std::string& directory) {
    return read_limit(directory, "memory.swap.max");
}

Result<bool> has_oom_group(const std::string& directory) {
    Line line;
    const auto text = text_of(directory, "memory.oom.group", line);
    if (!text)
        return text.error();
    return *text == "1\n";
}

Result<std::vector<std::string>> child_cgroups_by_age(const std::string& directory) {
    std::vector<std::pair<ino_t, std::string>> children;
    const Result<void> listed = list_directory(AT_FDCWD, directory, [&](const dirent& entry) {
        if (entry.d_type == DT_DIR)  // which kernfs always tells
            children.emplace_back(entry.d_ino, entry.d_name);
    });
    if (!listed)
        return listed.error();
    std::sort(children.begin(), children.end());
    std::vector<std::string> names;
    names.reserve(children.size());
    for (auto& [inode, name] : children)
        names.push_back(std::move(name));
    return names;
}

}  // namespace oomguard::sys
