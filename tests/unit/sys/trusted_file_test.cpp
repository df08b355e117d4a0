// SPDX-License-Identifier: MIT
#include "sys/trusted_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;

namespace {

constexpr uid_t kStranger = 12345;

/// A directory with a file.
struct Shared {
    void give(const std::string& path, uid_t user, gid_t group) const {
        REQUIRE(::chown(path.c_str(), user, group) == 0);
    }

    /// Why the file is not read; empty if it is.
    [[nodiscard]] std::string refusal() const {
        const auto text = read_trusted_file(file, 100);
        CHECK((!text || *text == "text"));
        return text ? "" : text.error().message();
    }

    TempTree tree{{"run/file", "text"}};
    std::string directory = tree.path("run");
    std::string file = tree.path("run/file");
};

bool is_root() {
    if (::geteuid() == 0)
        return true;
    WARN("skipped: only root can give files away");
    return false;
}

}  // namespace

TEST_CASE("A file that only its owner can write is read") {
    const Shared shared;
    CHECK(shared.refusal().empty());
}

TEST_CASE("A file that others may write is refused, with what to do") {
    const Shared shared;
    REQUIRE(::chmod(shared.file.c_str(), 0646) == 0);
    CHECK(shared.refusal() ==
          "read " + shared.file + ": others may write it (mode 0646): run chmod go-w on it");
}

TEST_CASE("A file may be written by the caller's group, and by no other") {
    if (!is_root())
        return;
    const Shared shared;
    REQUIRE(::chmod(shared.file.c_str(), 0664) == 0);
    CHECK(shared.refusal().empty());
    shared.give(shared.file, 0, kStranger);
    CHECK(shared.refusal() ==
          "read " + shared.file + ": others may write it (mode 0664): run chmod go-w on it");
}

TEST_CASE("A file of another user is refused, but for the one who has its directory") {
    if (!is_root())
        return;
    const Shared shared;
    shared.give(shared.file, kStranger, 0);
    CHECK(shared.refusal() ==
          "read " + shared.file +
              ": it belongs to user 12345, who could change it: run chown root on it");
    shared.give(shared.directory, kStranger, 0);
    CHECK(shared.refusal().empty());
}

TEST_CASE("A directory of another user is refused, but for the one who has that around it") {
    if (!is_root())
        return;
    const Shared shared;
    shared.give(shared.directory, kStranger, 0);
    const auto checked = check_trusted_directory(shared.directory);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message() ==
          "read " + shared.directory +
              ": it belongs to user 12345, who could change it: run chown root on it");
    shared.give(shared.tree.path(), kStranger, 0);
    CHECK(check_trusted_directory(shared.directory).has_value());
}

TEST_CASE("A link is what it leads to") {
    if (!is_root())
        return;
    const Shared shared;
    shared.tree.link("run/link", "file");
    CHECK(read_trusted_file(shared.tree.path("run/link"), 100).has_value());
    shared.give(shared.file, kStranger, 0);
    CHECK_FALSE(read_trusted_file(shared.tree.path("run/link"), 100).has_value());
}

TEST_CASE("A directory into which others can put files is refused") {
    const Shared shared;
    CHECK(check_trusted_directory(shared.directory).has_value());
    REQUIRE(::chmod(shared.directory.c_str(), 01777) == 0);
    const auto checked = check_trusted_directory(shared.directory);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message() ==
          "read " + shared.directory + ": others may write it (mode 1777): run chmod go-w on it");
    CHECK(check_trusted_directory(shared.tree.path("none")).error().code ==
          std::errc::no_such_file_or_directory);
}
