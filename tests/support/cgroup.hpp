// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include "support/eventually.hpp"
#include "sys/cgroupfs.hpp"

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
        : name_(std::move(other.name_)), path_(std::exchange(other.path_, {})) {}
    TestCgroup(const TestCgroup&) = delete;
    TestCgroup& operator=(const TestCgroup&) = delete;
    TestCgroup& operator=(TestCgroup&&) = delete;
    ~TestCgroup() {
        // A killed process leaves its cgroup a moment after it is reaped.
        if (!path_.empty())
            (void)eventually([&] { return ::rmdir(path_.c_str()) == 0 || errno != EBUSY; });
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    /// What a rule says of it, wherever in the tree the mount begins.
    [[nodiscard]] std::string patterns() const {
        return R"(["/)" + name_ + R"(", "/**/)" + name_ + R"("])";
    }

  private:
    TestCgroup() = default;

    std::string name_;
    std::string path_;
};

}  // namespace oomguard::test
