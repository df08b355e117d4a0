// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include "sys/unique_fd.hpp"

namespace oomguard::test {

namespace detail {

inline void must_not_fail(int result, const char* what) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
}

inline sys::UniqueFd open_namespace(const std::string& process, const char* name) {
    sys::UniqueFd fd(::open(("/proc/" + process + "/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
    must_not_fail(fd.get(), name);
    return fd;
}

inline void write_all(const std::string& path, const std::string& text) {
    if (!(std::ofstream(path) << text << std::flush))
        throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace detail

/// In a process that got new pid and mount namespaces: gives it the /proc of its own.
inline void mount_own_proc() {
    // Over the one there is, of which the others must not hear. The root may be no mount point.
    detail::must_not_fail(::mount("none", "/proc", nullptr, MS_REC | MS_PRIVATE, nullptr),
                          "make /proc private");
    detail::must_not_fail(::mount("proc", "/proc", "proc", 0, nullptr), "mount /proc");
}

/// While this lives, children of the test are born in the pid namespace of that process.
class BirthIn {
  public:
    explicit BirthIn(pid_t pid) : own_(detail::open_namespace("self", "pid")) {
        const auto other = detail::open_namespace(std::to_string(pid), "pid");
        detail::must_not_fail(::setns(other.get(), CLONE_NEWPID), "setns");
    }
    BirthIn(const BirthIn&) = delete;
    BirthIn& operator=(const BirthIn&) = delete;
    ~BirthIn() { (void)::setns(own_.get(), CLONE_NEWPID); }

  private:
    sys::UniqueFd own_;
};

/// A limit of one user namespace alone, such as "max_inotify_watches" (namespaces(7)): of that of
/// the calling process.
inline void set_own_limit(const std::string& name, int value) {
    detail::write_all("/proc/sys/user/" + name, std::to_string(value));
}

/// Puts the calling process in a user namespace of its own, where it is root still.
inline void become_root_of_own_namespace() {
    detail::must_not_fail(::unshare(CLONE_NEWUSER), "unshare");
    detail::write_all("/proc/self/setgroups", "deny");
    detail::write_all("/proc/self/uid_map", "0 0 1");
    detail::write_all("/proc/self/gid_map", "0 0 1");
}

/// Puts the calling process in the user namespace of that one.
inline void enter_user_namespace(pid_t pid) {
    const auto other = detail::open_namespace(std::to_string(pid), "user");
    detail::must_not_fail(::setns(other.get(), CLONE_NEWUSER), "setns");
}

}  // namespace oomguard::test
