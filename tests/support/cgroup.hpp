// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "support/eventually.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::test {

/// A real cgroup of the test's own, removed at the end: end what is in it first.
class TestCgroup {
  public:
    /// nullopt, and why, where no cgroup v2 tree is writable: the test skips what needs one.
    static std::optional<TestCgroup> create(std::string& why_not) {
        const auto mount = sys::find_cgroup_mount();
        if (!mount) {
            why_not = mount.error().message();
            return std::nullopt;
        }
        static unsigned count = 0;
        TestCgroup cgroup;
        cgroup.name_ =
            "oomguard-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
        const std::string path = *mount + "/" + cgroup.name_;
        if (::mkdir(path.c_str(), 0755) != 0) {
            why_not = path + ": " + std::generic_category().message(errno);
            return std::nullopt;
        }
        cgroup.path_ = path;
        return cgroup;
    }
    TestCgroup(TestCgroup&& other) noexcept
        : name_(std::move(other.name_)),
          path_(std::exchange(other.path_, {})),
          children_(std::exchange(other.children_, {})),
          deep_(std::exchange(other.deep_, 0)) {}
    TestCgroup(const TestCgroup&) = delete;
    TestCgroup& operator=(const TestCgroup&) = delete;
    TestCgroup& operator=(TestCgroup&&) = delete;
    ~TestCgroup() {
        // One below another was made after it.
        std::for_each(children_.rbegin(), children_.rend(), remove);
        for (; deep_ > 0; --deep_) {
            const sys::UniqueFd above = deepest(1);
            (void)eventually([&] {
                return ::unlinkat(above.get(), std::string(NAME_MAX, 'd').c_str(), AT_REMOVEDIR) ==
                           0 ||
                       errno != EBUSY;
            });
        }
        if (!path_.empty())
            remove(path_);
    }

    /// Makes a cgroup below it, removed with it, around a running process, as systemd makes a
    /// scope.
    void make_around(pid_t pid, const std::string& name) {
        children_.push_back(path_ + "/" + name);
        if (::mkdir(children_.back().c_str(), 0755) != 0)
            throw std::system_error(errno, std::generic_category(), children_.back());
        if (!(std::ofstream(children_.back() + "/cgroup.procs") << pid << std::flush))
            throw std::runtime_error("cannot move a process to " + children_.back());
    }

    /// The same, so deep that the kernel does not tell its path any more.
    void make_too_deep_around(pid_t pid) {
        const std::string name(NAME_MAX, 'd');
        for (std::size_t size = 0; size <= PATH_MAX; size += name.size() + 1) {
            const sys::UniqueFd above = deepest();
            if (::mkdirat(above.get(), name.c_str(), 0755) != 0)
                throw std::system_error(errno, std::generic_category(), "a deep cgroup");
            ++deep_;
        }
        const sys::UniqueFd directory = deepest();
        const sys::UniqueFd procs(::openat(directory.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
        const std::string text = std::to_string(pid);
        if (::write(procs.get(), text.data(), text.size()) < 0)
            throw std::system_error(errno, std::generic_category(), "move to a deep cgroup");
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    /// What a rule says of it, or of one below it, wherever in the tree the mount begins.
    [[nodiscard]] std::string patterns(const std::string& below = {}) const {
        const std::string name = name_ + (below.empty() ? "" : "/" + below);
        return R"(["/)" + name + R"(", "/**/)" + name + R"("])";
    }

  private:
    TestCgroup() = default;

    [[nodiscard]] sys::UniqueFd deepest(unsigned less = 0) const {
        sys::UniqueFd directory(::open(path_.c_str(), O_PATH | O_CLOEXEC));
        for (unsigned depth = 0; depth + less < deep_; ++depth)
            directory = sys::UniqueFd(
                ::openat(directory.get(), std::string(NAME_MAX, 'd').c_str(), O_PATH | O_CLOEXEC));
        return directory;
    }

    static void remove(const std::string& path) {
        // A killed process leaves its cgroup a moment after it is reaped.
        (void)eventually([&] { return ::rmdir(path.c_str()) == 0 || errno != EBUSY; });
    }

    std::string name_;
    std::string path_;
    std::vector<std::string> children_;
    unsigned deep_ = 0;  // cgroups below each other
};

}  // namespace oomguard::test
