// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/oomd.hpp"
#include "core/process.hpp"
#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

/// One cgroup, opened once: everything is read from and written to this very one, also when its
/// path is used again. Of one that has gone the attributes can still be read and written, which
/// harms nobody.
class CgroupDir {
  public:
    /// `cgroup` is a path in the v2 tree mounted at `mount`. ENOENT if there is none; EXDEV if it
    /// lies outside, as of a process outside our cgroup namespace.
    [[nodiscard]] static Result<CgroupDir> open(const std::string& mount, std::string_view cgroup);

    /// Its inode number, which the kernel gives to no other before the next boot
    /// (fs/kernfs/dir.c, on 64-bit machines).
    [[nodiscard]] std::uint64_t id() const { return id_; }

    /// The user it was handed to; root where it was not.
    [[nodiscard]] Uid owner() const { return owner_; }

    /// Whether there were cgroups below it when it was opened.
    [[nodiscard]] bool has_children() const { return has_children_; }

    /// What its attribute for `preference` (user.oomd_omit or user.oomd_avoid) says, as systemd
    /// reads it; none if there is no such attribute. ENOTSUP of a kernel whose cgroups have none.
    [[nodiscard]] Result<std::optional<bool>> read_mark(OomdPreference preference) const;

    /// Sets it so; none removes it, also if there was none.
    [[nodiscard]] Result<void> write_mark(OomdPreference preference,
                                          std::optional<bool> value) const;

    /// What systemd-oomd (src/oom/oomd-util.c, since v248) finds here, whoever set it: omit wins.
    [[nodiscard]] Result<OomdPreference> preference() const;

  private:
    CgroupDir(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    UniqueFd fd_;
    std::string path_;
    std::uint64_t id_ = 0;
    Uid owner_ = 0;
    bool has_children_ = false;
};

}  // namespace oomguard::sys
