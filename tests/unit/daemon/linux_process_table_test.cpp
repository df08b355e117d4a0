// SPDX-License-Identifier: MIT
#include "daemon/linux_process_table.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <unistd.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::daemon {
namespace {

using oomguard::test::TempTree;

const Error kNoMount = errno_error(ENOENT, "find a mount of type cgroup2");

LinuxProcessTable table_of(const TempTree& tree, const Result<std::string>& mount = kNoMount) {
    auto procfs = sys::Procfs::open(tree.path());
    REQUIRE(procfs);
    return LinuxProcessTable(*std::move(procfs), mount);
}

std::string stat_text(Pid pid, const std::string& comm, Pid parent, int start) {
    return std::to_string(pid) + " (" + comm + ") S " + std::to_string(parent) +
           " 100 100 0 -1 4194304 90 0 1 0 2 3 0 0 20 0 1 0 " + std::to_string(start) +
           " 8523776 500 184\n";
}

void add_process(const TempTree& tree, Pid pid, const std::string& comm, Pid parent, int start) {
    const std::string dir = std::to_string(pid) + "/";
    tree.write(dir + "stat", stat_text(pid, comm, parent, start));
    tree.write(dir + "status", "Name:\tx\nTgid:\t" + std::to_string(pid) + "\nPid:\t" +
                                   std::to_string(pid) +
                                   "\nUid:\t1000\t0\t0\t0\nGid:\t5\t0\t0\t0\nGroups:\t6 7 "
                                   "\nVmRSS:\t  40 kB\nVmPTE:\t  8 kB\n"
                                   "VmSwap:\t  2 kB\nThreads:\t1\n");
    tree.write(dir + "cgroup", "0::/system.slice/a.service\n");
    tree.write(dir + "cmdline", comm + '\0' + "--all" + '\0');
    tree.write(dir + "oom_score_adj", "-17\n");
    tree.link(dir + "exe", "/usr/bin/" + comm);
}

std::unique_ptr<Process> open_process(LinuxProcessTable& table, Pid pid) {
    auto process = table.open(pid);
    REQUIRE(process);
    return *std::move(process);
}

}  // namespace

TEST_CASE("The table lists the processes of its tree") {
    const TempTree tree;
    for (const Pid pid : {1, 5, 42})
        add_process(tree, pid, "x", 1, 10);
    LinuxProcessTable table = table_of(tree);
    auto pids = table.pids();
    REQUIRE(pids);
    std::sort(pids->begin(), pids->end());
    CHECK(*pids == std::vector<Pid>{1, 5, 42});
}

TEST_CASE("A process has its identity at once, and every other field when it is read") {
    const TempTree tree;
    add_process(tree, 1, "init", 0, 1);
    add_process(tree, 42, "foo) Z 1", 1, 10);
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    const Snapshot& snapshot = process->snapshot();
    CHECK(snapshot.id == ProcessId{42, 10});
    CHECK(snapshot.comm == "foo) Z 1");
    CHECK(snapshot.parent_pid == 1);

    for (const Field field : {Field::Credentials, Field::Cgroup, Field::Exe, Field::Parent,
                              Field::Ancestors, Field::MemoryLimit, Field::Cmdline}) {
        CHECK_FALSE(snapshot.has(field));
        CHECK(process->read(field));
        CHECK(snapshot.has(field));
    }
    CHECK(snapshot.uid == 1000);
    CHECK(snapshot.groups == std::vector<Gid>{5, 6, 7});
    CHECK(snapshot.cgroup == "/system.slice/a.service");
    CHECK(snapshot.exe == "/usr/bin/foo) Z 1");
    CHECK(snapshot.cmdline == "foo) Z 1 --all");
    REQUIRE(snapshot.ancestors.size() == 1);
    CHECK(snapshot.ancestors[0].comm == "init");
    CHECK(snapshot.ancestors[0].exe_name == "init");
}

TEST_CASE("A field is read once, and is the same however often it is asked for") {
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    CHECK(process->read(Field::Cgroup));
    tree.write("42/cgroup", "0::/elsewhere\n");
    CHECK(process->read(Field::Cgroup));
    CHECK(process->snapshot().cgroup == "/system.slice/a.service");
}

TEST_CASE("The memory limit of a process is that of its cgroup or of one above") {
    const TempTree cgroups{{"system.slice/a.service/memory.max", "max\n"}};
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    LinuxProcessTable table = table_of(tree, cgroups.path());
    const auto is_limited = [&] {
        const auto process = open_process(table, 42);
        REQUIRE(process->read(Field::MemoryLimit));
        CHECK(process->snapshot().has(Field::MemoryLimit));
        return process->snapshot().memory_limited;
    };
    CHECK_FALSE(is_limited());
    // Each look reads it anew.
    cgroups.write("system.slice/memory.max", "104857600\n");
    CHECK(is_limited());
    cgroups.write("system.slice/memory.max", "max\n");
    CHECK_FALSE(is_limited());
}

TEST_CASE("A memory limit that cannot be read is taken to be there") {
    const TempTree cgroups{{"system.slice/a.service/memory.max", "nonsense\n"}};
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    const auto is_limited = [&](const Result<std::string>& mount) {
        LinuxProcessTable table = table_of(tree, mount);
        const auto process = open_process(table, 42);
        REQUIRE(process->read(Field::MemoryLimit));
        return process->snapshot().memory_limited;
    };
    CHECK(is_limited(cgroups.path()));
    CHECK(is_limited(cgroups.path("cgroup-that-has-gone")));
    CHECK(is_limited(errno_error(EMFILE, "open /proc/self/mountinfo")));
    CHECK_FALSE(is_limited(kNoMount));
}

TEST_CASE("The score is read anew each time and written as one number") {
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    CHECK(*process->read_score() == -17);
    CHECK(process->write_score(500));
    CHECK(tree.read("42/oom_score_adj") == "500\n");
    CHECK(*process->read_score() == 500);
}

TEST_CASE("The ancestors are all of them, the nearest first") {
    const TempTree tree;
    add_process(tree, 1, "init", 0, 1);
    add_process(tree, 20, "sshd", 1, 5);
    add_process(tree, 30, "bash", 20, 7);
    add_process(tree, 42, "x", 30, 10);
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    CHECK(process->read(Field::Parent));
    CHECK(process->snapshot().ancestors.size() == 1);
    CHECK_FALSE(process->snapshot().has(Field::Ancestors));
    CHECK(process->read(Field::Ancestors));
    std::vector<std::string> names;
    for (const Program& program : process->snapshot().ancestors)
        names.push_back(program.comm);
    CHECK(names == std::vector<std::string>{"bash", "sshd", "init"});
}

TEST_CASE("An ancestor that has gone, or whose pid is another's by now, ends the climb") {
    const TempTree tree;
    add_process(tree, 1, "init", 0, 1);
    add_process(tree, 30, "bash", 20, 7);
    add_process(tree, 42, "x", 30, 10);
    SECTION("gone") {}
    SECTION("started after its child") {
        add_process(tree, 20, "newcomer", 1, 8);
    }
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    CHECK(process->read(Field::Ancestors));
    REQUIRE(process->snapshot().ancestors.size() == 1);
    CHECK(process->snapshot().ancestors[0].comm == "bash");
}

TEST_CASE("Processes that are each other's parents do not keep us climbing") {
    const TempTree tree;
    add_process(tree, 20, "a", 30, 5);
    add_process(tree, 30, "b", 20, 5);
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 30);
    CHECK(process->read(Field::Ancestors));
    CHECK(process->snapshot().ancestors.size() == 128);
}

TEST_CASE("A process without an executable has an empty one while it is there") {
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    tree.remove("42/exe");
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    SECTION("still there") {
        CHECK(process->read(Field::Exe));
        CHECK(process->snapshot().has(Field::Exe));
        CHECK(process->snapshot().exe.empty());
    }
    SECTION("gone") {
        tree.remove("42");
        const auto done = process->read(Field::Exe);
        REQUIRE_FALSE(done);
        CHECK(is_gone(done.error()));
        CHECK_FALSE(process->snapshot().has(Field::Exe));
    }
}

TEST_CASE("Of a process that has gone every step says so, and none reaches its successor") {
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    LinuxProcessTable table = table_of(tree);
    const auto process = open_process(table, 42);
    tree.remove("42");
    const auto missing = table.open(42);
    REQUIRE_FALSE(missing);
    CHECK(is_gone(missing.error()));

    add_process(tree, 42, "successor", 1, 99);
    for (const Field field :
         {Field::Credentials, Field::Cgroup, Field::Exe, Field::MemoryLimit, Field::Cmdline}) {
        const auto done = process->read(field);
        REQUIRE_FALSE(done);
        CHECK(is_gone(done.error()));
    }
    const auto score = process->read_score();
    REQUIRE_FALSE(score);
    CHECK(is_gone(score.error()));
    const auto written = process->write_score(500);
    REQUIRE_FALSE(written);
    CHECK(is_gone(written.error()));
    CHECK(tree.read("42/oom_score_adj") == "-17\n");
}

TEST_CASE("A process whose stat is not what the kernel writes is there and cannot be read") {
    const TempTree tree{{"42/stat", "nonsense\n"}};
    LinuxProcessTable table = table_of(tree);
    const auto process = table.open(42);
    REQUIRE_FALSE(process);
    CHECK_FALSE(is_gone(process.error()));
    CHECK(process.error().message() == "parse " + tree.path("42") + "/stat: Invalid argument");
}

TEST_CASE("The figures of a process are of one that is there") {
    const TempTree tree;
    add_process(tree, 42, "x", 1, 10);
    const LinuxProcessTable table = table_of(tree);
    CHECK(table.figures(42).error().message() ==
          "stat " + tree.path("42") + "/oom_score: No such file or directory");
    tree.write("42/oom_score", "667\n");
    const auto figures = table.figures(42);
    REQUIRE(figures);
    CHECK(figures->id == ProcessId{42, 10});
    CHECK(figures->uid == 1000);
    CHECK(figures->owner == ::getuid());
    CHECK(figures->memory == 50 * 1024);
    CHECK(figures->oom_score == 667);
    // There is no cgroup tree.
    CHECK_FALSE(figures->oomd_preference);
    CHECK(is_gone(table.figures(43).error()));
}

TEST_CASE("The figures tell what systemd-oomd is told, if that can be read") {
    const TempTree tree;
    const TempTree cgroups{{"system.slice/a.service/", ""}};
    add_process(tree, 42, "x", 1, 10);
    tree.write("42/oom_score", "667\n");
    const LinuxProcessTable table = table_of(tree, cgroups.path());
    CHECK(table.figures(42)->oomd_preference == OomdPreference::None);
    cgroups.remove("system.slice/a.service");
    CHECK_FALSE(table.figures(42)->oomd_preference);
}

TEST_CASE("An executable is shown to root, and to whose process it is") {
    ProcessFigures figures;
    figures.uid = 1000;
    figures.owner = 1000;
    CHECK(may_see_executable(figures, 0));
    CHECK(may_see_executable(figures, 1000));
    CHECK_FALSE(may_see_executable(figures, 1001));
    SECTION("that has been given more rights") {
        figures.owner = 0;
        CHECK_FALSE(may_see_executable(figures, 1000));
    }
    SECTION("that is another's by its real user") {
        figures.uid = 1001;
        CHECK_FALSE(may_see_executable(figures, 1000));
        CHECK_FALSE(may_see_executable(figures, 1001));
    }
}

}  // namespace oomguard::daemon
