// SPDX-License-Identifier: MIT
#include "ctl/drop_in_file.hpp"

#include <cstddef>
#include <filesystem>
#include <system_error>

#include <fmt/core.h>
#include <sys/stat.h>

#include "ctl/failure.hpp"
#include "sys/file.hpp"

namespace oomguard::ctl {
namespace {

/// What the links lead to; also if there is nothing.
std::string resolved(const std::string& path) {
    constexpr int kMostLinks = 40;  // as the kernel follows
    std::filesystem::path place = path;
    for (int links = 0; links < kMostLinks; ++links) {
        std::error_code failure;
        const auto target = std::filesystem::read_symlink(place, failure);
        if (failure)
            break;
        place = place.parent_path() / target;
    }
    return place;
}

}  // namespace

std::optional<std::string> text_of(const std::string& path) {
    constexpr std::size_t kLargestFile = std::size_t{64} << 20U;
    std::error_code failure;
    if (std::filesystem::is_character_file(path, failure))
        return std::nullopt;
    auto text = sys::read_regular_file(path, kLargestFile);
    if (text && !text->empty())
        return *std::move(text);
    if (text || text.error().code == std::errc::no_such_file_or_directory)
        return std::nullopt;
    throw Failure(ExitCode::Failed, text.error().message());
}

void DropInFile::replace(const std::string& text) const {
    if (text_of(path_) != text_)
        throw Failure(ExitCode::Failed,
                      fmt::format("{} was changed meanwhile by somebody else, and stays as it is: "
                                  "edit it again, and take over what was written",
                                  path_));
    const std::string place = resolved(path_);
    mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
    std::optional<sys::Owner> owner;
    struct stat present {};
    const bool is_there = ::stat(place.c_str(), &present) == 0;
    if (is_there && S_ISREG(present.st_mode)) {
        mode = present.st_mode & ALLPERMS;
        owner = {present.st_uid, present.st_gid};
    }
    const bool is_mask = is_there && !S_ISREG(present.st_mode);
    if (const auto done = sys::replace_file(is_mask ? path_ : place, text, mode, owner); !done)
        throw Failure(ExitCode::Failed, done.error().message());
}

}  // namespace oomguard::ctl
