// SPDX-License-Identifier: MIT
#include "sys/cgroupfs.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/temp_tree.hpp"
#include "sys/file.hpp"
#include "sys/inotify.hpp"
#include "sys/procfs.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::Child;
using oomguard::test::fork_child;
using oomguard::test::TempTree;

namespace {

/// A cgroup of the test's own, or none where that is not allowed.
class Cgroup {
  public:
    Cgroup() {
        const Result<std::string> mount = find_cgroup_mount();
        if (!mount) {
            reason_ = mount.error().message();
            return;
        }
        parent_ = *mount;
        path_ = parent_ + "/oomguard-test-" + std::to_string(::getpid());
        if (::mkdir(path_.c_str(), 0755) != 0) {
            reason_ = errno_error(errno, "make " + path_).message();
            path_.clear();
        }
    }
    Cgroup(const Cgroup&) = delete;
    Cgroup& operator=(const Cgroup&) = delete;
    ~Cgroup() { remove(); }

    explicit operator bool() const { return !path_.empty(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::string& parent() const { return parent_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] Result<void> add(pid_t pid) const {
        return write_once(AT_FDCWD, path_ + "/cgroup.procs", std::to_string(pid));
    }
    void remove() {
        if (!path_.empty())
            ::rmdir(path_.c_str());
    }

  private:
    std::string parent_;
    std::string path_;
    std::string reason_;
};

bool contains(const std::vector<std::string>& paths, const std::string& path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
}

}  // namespace

TEST_CASE("The cgroup v2 mount is found in mountinfo") {
    struct Case {
        std::string text;
        std::optional<std::string> mount;
    };
    const std::string v1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n";
    const std::string v2 = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    const auto c = GENERATE_COPY(values<Case>({
        {v2, "/sys/fs/cgroup/unified"},
        {v1 + v2, "/sys/fs/cgroup/unified"},
        {v1, std::nullopt},
        {"", std::nullopt},
        {"\n\n", std::nullopt},
        {v2.substr(0, v2.size() - 1), "/sys/fs/cgroup/unified"},
        {"1 2 0:1 / /sys/fs/cgroup rw shared:4 - cgroup2 none rw,nsdelegate\n", "/sys/fs/cgroup"},
        {"1 2 0:1 / /first rw shared:4 master:1 propagate_from:2 - cgroup2 x rw\n" + v2, "/first"},
        {"1 2 0:1 / /a\\040b\\011\\012\\134\\043 rw - cgroup2 x rw\n", "/a b\t\n\\#"},
        {"1 2 0:1 / /bad\\04 rw - cgroup2 x rw\n", "/bad\\04"},
        {"1 2 0:1 / /bad\\999\\777 rw - cgroup2 x rw\n", "/bad\\999\\777"},
        {"1 2 0:1 / /end\\ rw - cgroup2 x rw\n", "/end\\"},
        {"1 2 0:1 / /other rw - ext4 cgroup2 rw\n", std::nullopt},
        {"1 2 0:1 / /cgroup2 rw - tmpfs - cgroup2 rw\n", std::nullopt},
        {"1 2 0:1 / /no-dash rw cgroup2 x rw\n", std::nullopt},
        {"1 2 0:1 / relative rw - cgroup2 x rw\n", std::nullopt},
        {"1 2 0:1\n", std::nullopt},
        {"1 2 0:1 / /x rw -\n", std::nullopt},
        {"- cgroup2\n", std::nullopt},
    }));
    CAPTURE(c.text);
    CHECK(parse_cgroup_mount(c.text) == c.mount);
}

TEST_CASE("The machine's own cgroup v2 mount has a root cgroup") {
    const Result<std::string> mount = find_cgroup_mount();
    if (!mount) {
        WARN("skipped: " << mount.error().message());
        return;
    }
    CHECK(read_at(AT_FDCWD, *mount + "/cgroup.procs", 10));
}

TEST_CASE("The children of a cgroup are its directories") {
    const TempTree tree{{"a.slice/cgroup.procs", ""}, {"b.service/", ""}, {"cgroup.procs", "1\n"}};
    tree.link("link", "a.slice");
    Result<std::vector<std::string>> children = child_cgroups(tree.path());
    REQUIRE(children);
    std::sort(children->begin(), children->end());
    CHECK(*children == std::vector<std::string>{tree.path("a.slice"), tree.path("b.service")});
    CHECK(child_cgroups(tree.path("b.service"))->empty());
}

TEST_CASE("The children of a cgroup that has gone are an error") {
    const Result<std::vector<std::string>> children = child_cgroups("/nonexistent");
    REQUIRE_FALSE(children);
    CHECK(children.error().message() == "list /nonexistent: No such file or directory");
    CHECK(is_gone(children.error()));
}

TEST_CASE("The pids of a cgroup are the lines of cgroup.procs") {
    const auto c = GENERATE(values<std::pair<std::string, std::vector<int>>>(
        {{"", {}}, {"1\n", {1}}, {"1\n0\n4194304\n", {1, 4194304}}}));
    const TempTree tree{{"cgroup.procs", c.first}};
    CHECK(*cgroup_pids(tree.path()) == c.second);
}

TEST_CASE("What is no list of pids is refused") {
    const std::string text =
        GENERATE(as<std::string>{}, "1", "\n", "one\n", "-5\n", "1 2\n", "99999999999\n", "1\n2");
    const TempTree tree{{"cgroup.procs", text}};
    const Result<std::vector<int>> pids = cgroup_pids(tree.path());
    REQUIRE_FALSE(pids);
    CHECK(pids.error().message() == "parse " + tree.path("cgroup.procs") + ": Invalid argument");
}

TEST_CASE("A cgroup is limited by its own memory.max and by that of any above it") {
    const TempTree tree{{"a/memory.max", "max\n"},
                        {"a/b/memory.max", "max\n"},
                        {"a/b/c/memory.max", "max\n"},
                        {"other/memory.max", "5\n"}};
    const auto is_limited = [&](const std::string& cgroup) {
        const Result<bool> limited = has_memory_limit(tree.path(), cgroup);
        REQUIRE(limited);
        return *limited;
    };
    CHECK_FALSE(is_limited("/a/b/c"));
    const std::string limited = GENERATE(as<std::string>{}, "a/b/c", "a/b", "a", ".");
    tree.write(limited + "/memory.max", "104857600\n");
    CHECK(is_limited("/a/b/c"));
    CHECK(is_limited("/a/b") == (limited != "a/b/c"));
    // Only the top of a mount that is not the tree's own root has the file.
    CHECK(is_limited("/") == (limited == "."));
}

TEST_CASE("The root and a cgroup without the memory controller have no limit") {
    const TempTree tree{{"a/b/cgroup.procs", ""}};
    for (const std::string cgroup : {"/", "/a", "/a/b", "/a/b/"}) {
        CAPTURE(cgroup);
        const Result<bool> limited = has_memory_limit(tree.path(), cgroup);
        REQUIRE(limited);
        CHECK_FALSE(*limited);
    }
    tree.write("a/memory.max", "5\n");
    CHECK(*has_memory_limit(tree.path(), "/a/b"));
}

TEST_CASE("Where it cannot be told whether a cgroup has a limit there is an error") {
    const TempTree tree{{"a/b/memory.max", "max\n"}, {"odd/memory.max", "many\n"}};
    tree.write("directory/memory.max/", "");
    struct Case {
        std::string cgroup;
        std::string error;
    };
    for (const auto& [cgroup, error] : {
             Case{"/a/gone", "open " + tree.path("a/gone") + ": No such file or directory"},
             Case{"/a/b/memory.max",
                  "read " + tree.path("a/b/memory.max/memory.max") + ": Not a directory"},
             Case{"/odd", "parse " + tree.path("odd/memory.max") + ": Invalid argument"},
             Case{"/directory", "read " + tree.path("directory/memory.max") + ": Is a directory"},
             Case{"/../a",
                  "find the cgroup /../a below " + tree.path() + ": Invalid cross-device link"},
             Case{"/..",
                  "find the cgroup /.. below " + tree.path() + ": Invalid cross-device link"},
             Case{"a/b",
                  "find the cgroup a/b below " + tree.path() + ": Invalid cross-device link"},
         }) {
        CAPTURE(cgroup);
        const Result<bool> limited = has_memory_limit(tree.path(), cgroup);
        REQUIRE_FALSE(limited);
        CHECK(limited.error().message() == error);
    }
    CHECK_FALSE(*has_memory_limit(tree.path(), "/a/b"));
}

TEST_CASE("Who may have made a cgroup are the owners of all that is above it") {
    const TempTree tree{{"a.slice/b.service/c/", ""}};
    const Uid own = ::getuid();
    using Uids = std::vector<Uid>;
    CHECK(owners_above(tree.path(), "/").empty());
    CHECK(owners_above(tree.path(), "/a.slice") == Uids{own});
    CHECK(owners_above(tree.path(), "/a.slice/b.service/c") == Uids{own, own, own});
    CHECK(owners_above(tree.path(), "/a.slice/gone/c") == Uids{own, own});
    CHECK(owners_above(tree.path(), "/../c").empty());
    SECTION("and anyone where anyone may write") {
        REQUIRE(::chmod(tree.path("a.slice").c_str(), 0757) == 0);
        CHECK(owners_above(tree.path(), "/a.slice/b.service") == Uids{own, kUnknownOwner});
    }
    SECTION("and a group where that may write, but for root's") {
        if (own != 0) {
            WARN("skipped: only root can give a directory away");
            return;
        }
        const std::string slice = tree.path("a.slice");
        REQUIRE(::chown(slice.c_str(), 1500, 0) == 0);
        REQUIRE(::chmod(slice.c_str(), 0775) == 0);
        CHECK(owners_above(tree.path(), "/a.slice/b.service") == Uids{0, 1500});
        REQUIRE(::chown(slice.c_str(), 0, 1500) == 0);
        REQUIRE(::chmod(slice.c_str(), 0775) == 0);
        CHECK(owners_above(tree.path(), "/a.slice/b.service") == Uids{0, kUnknownOwner});
    }
}

TEST_CASE("A real cgroup comes, has a process, and goes") {
    Cgroup cgroup;
    if (!cgroup) {
        WARN("skipped: " << cgroup.reason());
        return;
    }
    CHECK(contains(*child_cgroups(cgroup.parent()), cgroup.path()));
    CHECK(cgroup_pids(cgroup.path())->empty());

    {
        Child child = fork_child();
        REQUIRE(cgroup.add(child.pid()));
        CHECK(*cgroup_pids(cgroup.path()) == std::vector<int>{child.pid()});
        Snapshot snapshot;
        REQUIRE(Procfs::open()->open_process(child.pid())->read_cgroup(snapshot));
        CHECK(cgroup.path().ends_with(snapshot.cgroup));
        child.reap();
    }
    cgroup.remove();
    CHECK_FALSE(contains(*child_cgroups(cgroup.parent()), cgroup.path()));
    CHECK(is_gone(cgroup_pids(cgroup.path()).error()));
}

TEST_CASE("A cgroup removed under a zombie keeps its name without the kernel's mark") {
    Cgroup cgroup;
    if (!cgroup) {
        WARN("skipped: " << cgroup.reason());
        return;
    }
    Child child = fork_child();
    REQUIRE(cgroup.add(child.pid()));
    const Result<ProcDir> process = Procfs::open()->open_process(child.pid());
    REQUIRE(process);
    child.make_zombie();
    cgroup.remove();
    REQUIRE_FALSE(child_cgroups(cgroup.path()));
    Snapshot snapshot;
    REQUIRE(process->read_cgroup(snapshot));
    CHECK(snapshot.cgroup == cgroup.path().substr(cgroup.parent().size()));
}

TEST_CASE("A cgroup that is made and removed is told by inotify") {
    const Result<std::string> mount = find_cgroup_mount();
    Result<Inotify> inotify = Inotify::create();
    REQUIRE(inotify);
    if (!mount || !inotify->add(*mount, IN_CREATE | IN_DELETE)) {
        WARN("skipped: no cgroup v2 tree to watch");
        return;
    }
    Cgroup cgroup;
    if (!cgroup) {
        WARN("skipped: " << cgroup.reason());
        return;
    }
    cgroup.remove();
    const Result<std::vector<InotifyEvent>> events = inotify->read();
    REQUIRE(events);
    std::vector<std::uint32_t> masks;
    for (const InotifyEvent& event : *events)
        if (cgroup.path().ends_with("/" + event.name))
            masks.push_back(event.mask);
    CHECK(masks == std::vector<std::uint32_t>{IN_CREATE | IN_ISDIR, IN_DELETE | IN_ISDIR});
}
