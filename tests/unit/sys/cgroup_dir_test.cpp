// SPDX-License-Identifier: MIT
#include "sys/cgroup_dir.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;
using oomguard::test::TestCgroup;

namespace {

using Mark = std::optional<bool>;
constexpr auto kOmit = OomdPreference::Omit;
constexpr auto kAvoid = OomdPreference::Avoid;

bool set_attribute(const std::string& path, const char* name, std::string_view value) {
    return ::setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

/// A tree with extended attributes; null, and a word to skip, where there are none.
std::unique_ptr<TempTree> tree_with_attributes() {
    using Files = std::initializer_list<std::pair<std::string, std::string>>;
    auto tree = std::make_unique<TempTree>(Files{{"slice/unit/", ""}});
    if (!set_attribute(tree->path("slice/unit"), "user.oomd_avoid", "1")) {
        WARN("skipped: no extended attributes in " << tree->path());
        return nullptr;
    }
    return tree;
}

CgroupDir open_in(const TempTree& tree, std::string_view cgroup) {
    auto dir = CgroupDir::open(tree.path(), cgroup);
    REQUIRE(dir);
    return *std::move(dir);
}

}  // namespace

TEST_CASE("What systemd-oomd is told of a cgroup is read from it alone") {
    const auto tree = tree_with_attributes();
    if (!tree)
        return;
    const auto set = [&](const char* name, std::string_view value) {
        return set_attribute(tree->path("slice/unit"), name, value);
    };
    const CgroupDir unit = open_in(*tree, "/slice/unit");
    CHECK(*unit.preference() == kAvoid);
    CHECK(*open_in(*tree, "/slice").preference() == OomdPreference::None);
    REQUIRE(set("user.oomd_omit", "0"));
    CHECK(*unit.preference() == kAvoid);
    for (const char* value : {"1", "yes", "true", "True", "on"}) {
        REQUIRE(set("user.oomd_omit", value));
        CHECK(*unit.preference() == kOmit);
        CHECK(*unit.read_mark(kOmit) == Mark(true));
    }
    REQUIRE(set("user.oomd_avoid", "no"));
    for (const char* value : {"", "2", "no", "a text that is longer than any boolean"}) {
        REQUIRE(set("user.oomd_omit", value));
        CHECK(*unit.preference() == OomdPreference::None);
        CHECK(*unit.read_mark(kOmit) == Mark(false));
    }
}

TEST_CASE("A mark is set and taken away, and each of the two is one of its own") {
    const auto tree = tree_with_attributes();
    if (!tree)
        return;
    const CgroupDir slice = open_in(*tree, "/slice");
    CHECK(*slice.read_mark(kOmit) == Mark());
    REQUIRE(slice.write_mark(kOmit, true));
    CHECK(*slice.read_mark(kOmit) == Mark(true));
    CHECK(*slice.read_mark(kAvoid) == Mark());
    REQUIRE(slice.write_mark(kAvoid, false));
    CHECK(*slice.read_mark(kAvoid) == Mark(false));
    CHECK(*slice.preference() == kOmit);
    REQUIRE(slice.write_mark(kOmit, std::nullopt));
    CHECK(*slice.read_mark(kOmit) == Mark());
    CHECK(*slice.read_mark(kAvoid) == Mark(false));
    CHECK(slice.write_mark(kOmit, std::nullopt));
}

TEST_CASE("A cgroup is known by its number, its owner and whether there are others below it") {
    const TempTree tree{{"slice/unit/", ""}};
    struct stat status {};
    REQUIRE(::stat(tree.path("slice/unit").c_str(), &status) == 0);
    const CgroupDir unit = open_in(tree, "/slice/unit");
    CHECK(unit.id() == status.st_ino);
    CHECK(unit.owner() == ::geteuid());
    CHECK_FALSE(unit.has_children());
    CHECK(open_in(tree, "/slice").has_children());
    CHECK(open_in(tree, "/slice").id() != unit.id());
}

TEST_CASE("A cgroup that is not there, or lies outside, cannot be opened") {
    const TempTree tree{{"file", ""}};
    CHECK(CgroupDir::open(tree.path(), "/gone").error().message() ==
          "open " + tree.path("gone") + ": No such file or directory");
    CHECK(CgroupDir::open(tree.path(), "/../gone").error().code.value() == EXDEV);
    CHECK(CgroupDir::open(tree.path(), "/file").error().code.value() == ENOTDIR);
}

TEST_CASE("What was opened is never the next cgroup of that path") {
    std::string why_not;
    auto parent = TestCgroup::create(why_not);
    if (!parent) {
        WARN("skipped: " << why_not);
        return;
    }
    const std::string path = parent->path() + "/unit";
    REQUIRE(::mkdir(path.c_str(), 0755) == 0);
    const auto first = CgroupDir::open(parent->path(), "/unit");
    REQUIRE(first);
    CHECK(CgroupDir::open(parent->path(), "/")->has_children());
    REQUIRE(::rmdir(path.c_str()) == 0);
    REQUIRE(::mkdir(path.c_str(), 0755) == 0);
    const auto second = CgroupDir::open(parent->path(), "/unit");
    REQUIRE(second);
    CHECK(first->id() != second->id());
    (void)first->write_mark(kOmit, true);
    CHECK(*second->read_mark(kOmit) == Mark());
    REQUIRE(::rmdir(path.c_str()) == 0);
}
