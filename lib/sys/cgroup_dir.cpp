// SPDX-License-Identifier: MIT
#include "sys/cgroup_dir.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "core/text.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/file.hpp"

namespace oomguard::sys {
namespace {

const char* attribute_of(OomdPreference preference) {
    return preference == OomdPreference::Avoid ? "user.oomd_avoid" : "user.oomd_omit";
}

/// As parse_boolean() of systemd's src/basic/parse-util.c; what is neither true nor false is false.
bool is_true(std::string_view text) {
    constexpr std::array<std::string_view, 6> kTrue = {"1", "yes", "y", "true", "t", "on"};
    return std::find(kTrue.begin(), kTrue.end(), in_lower_case(text)) != kTrue.end();
}

}  // namespace

Result<CgroupDir> CgroupDir::open(const std::string& mount, std::string_view cgroup) {
    auto directory = cgroup_directory(mount, cgroup);
    if (!directory)
        return directory.error();
    auto fd = open_at(AT_FDCWD, *directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd)
        return fd.error();
    struct stat status {};
    if (::fstat(fd->get(), &status) != 0)
        return errno_error(errno, "stat " + *directory);
    constexpr nlink_t kLinksOfOneAlone = 2;
    CgroupDir dir(*std::move(fd), *std::move(directory));
    dir.id_ = status.st_ino;
    dir.owner_ = status.st_uid;
    dir.has_children_ = status.st_nlink > kLinksOfOneAlone;
    return dir;
}

Result<std::optional<bool>> CgroupDir::read_mark(OomdPreference preference) const {
    const char* const name = attribute_of(preference);
    std::array<char, 16> value;
    const ssize_t size = ::fgetxattr(fd_.get(), name, value.data(), value.size());
    if (size >= 0)
        return std::optional(is_true({value.data(), static_cast<std::size_t>(size)}));
    if (errno == ENODATA)
        return std::optional<bool>();
    if (errno == ERANGE)
        return std::optional(false);
    return errno_error(errno, "read the attribute " + std::string(name) + " of " + path_);
}

Result<void> CgroupDir::write_mark(OomdPreference preference, std::optional<bool> value) const {
    const char* const name = attribute_of(preference);
    int failed = 0;
    if (value)
        failed = ::fsetxattr(fd_.get(), name, *value ? "1" : "0", 1, 0);
    else
        failed = ::fremovexattr(fd_.get(), name);
    if (failed == 0 || (!value && errno == ENODATA))
        return {};
    return errno_error(errno, "write the attribute " + std::string(name) + " of " + path_);
}

Result<OomdPreference> CgroupDir::preference() const {
    for (const OomdPreference preference : {OomdPreference::Omit, OomdPreference::Avoid}) {
        const auto mark = read_mark(preference);
        if (!mark)
            return mark.error();
        if (mark->value_or(false))
            return preference;
    }
    return OomdPreference::None;
}

}  // namespace oomguard::sys
