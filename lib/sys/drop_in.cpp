// SPDX-License-Identifier: MIT
#include "sys/drop_in.hpp"

#include <cerrno>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys/directory.hpp"
#include "sys/file.hpp"
#include "sys/trusted_file.hpp"

namespace oomguard::sys {

namespace {

bool is_null_device(const std::string& path) {
    constexpr unsigned kMajor = 1;
    constexpr unsigned kMinor = 3;
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == makedev(kMajor, kMinor);
}

std::string reason_of(const Error& error, const std::string& path, std::size_t size_limit) {
    if (error.code == std::errc::invalid_argument)
        return "not a regular file";
    if (error.code == std::errc::file_too_large)
        return "larger than " + std::to_string(size_limit) + " bytes";
    return distrust_text(error, path);
}

/// The file, or its failure; nothing if it only masks others.
std::optional<SourceFile> read_drop_in(const std::string& path, std::size_t size_limit,
                                       bool is_stand_in) {
    if (is_null_device(path))
        return std::nullopt;
    auto text =
        is_stand_in ? read_regular_file(path, size_limit) : read_trusted_file(path, size_limit);
    if (!text)
        return SourceFile{path, {}, reason_of(text.error(), path, size_limit)};
    if (text->empty())
        return std::nullopt;
    return SourceFile{path, *std::move(text), std::nullopt};
}

}  // namespace

bool is_drop_in_name(std::string_view name) {
    return !name.starts_with('.') && name.ends_with(".yaml");
}

std::vector<SourceFile> read_drop_ins(const std::vector<std::string>& directories,
                                      std::size_t size_limit, const StandIns& stand_ins) {
    std::vector<SourceFile> files;
    // std::map orders the names by bytes; emplace keeps the first directory's.
    std::map<std::string, std::string> path_of = stand_ins;
    for (const std::string& directory : directories) {
        Result<void> listed = check_trusted_directory(directory);
        if (listed)
            listed = list_directory(AT_FDCWD, directory, [&](const dirent& entry) {
                if (is_drop_in_name(entry.d_name))
                    path_of.emplace(entry.d_name, directory + "/" + entry.d_name);
            });
        if (!listed && listed.error().code != std::errc::no_such_file_or_directory)
            files.push_back({directory, {}, reason_of(listed.error(), directory, size_limit)});
    }
    for (const auto& [name, path] : path_of)
        if (auto file = read_drop_in(path, size_limit, stand_ins.contains(name)))
            files.push_back(*std::move(file));
    return files;
}

}  // namespace oomguard::sys
