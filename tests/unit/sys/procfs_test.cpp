// SPDX-License-Identifier: MIT
#include "sys/procfs.hpp"

#include <algorithm>
#include <cerrno>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;

namespace {

const std::string kStat =
    "42 (sl) eep) S 7 100 100 0 -1 4194304 90 0 1 0 2 3 0 0 20 0 1 0 5555 8523776 500 184\n";

Procfs open_tree(const TempTree& tree) {
    Result<Procfs> procfs = Procfs::open(tree.path());
    REQUIRE(procfs);
    return *std::move(procfs);
}

ProcDir open_process(const TempTree& tree, Pid pid) {
    Result<ProcDir> process = open_tree(tree).open_process(pid);
    REQUIRE(process);
    return *std::move(process);
}

template <typename T>
std::string message_of(const Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error().message();
}

}  // namespace

TEST_CASE("A procfs that is not there cannot be opened") {
    const TempTree tree{{"file", ""}};
    CHECK(message_of(Procfs::open(tree.path("none"))) ==
          "open " + tree.path("none") + ": No such file or directory");
    CHECK(message_of(Procfs::open(tree.path("file"))) ==
          "open " + tree.path("file") + ": Not a directory");
}

TEST_CASE("The processes are the entries that are numbers") {
    const TempTree tree{{"1/", ""},  {"42/", ""},    {"4194304/", ""}, {"self/", ""},
                        {"0/", ""},  {"-5/", ""},    {"7x/", ""},      {"99999999999/", ""},
                        {" 8/", ""}, {"meminfo", ""}};
    Result<std::vector<Pid>> pids = open_tree(tree).pids();
    REQUIRE(pids);
    std::sort(pids->begin(), pids->end());
    CHECK(*pids == std::vector<Pid>{1, 42, 4194304});
}

TEST_CASE("The processes can be listed more than once") {
    const TempTree tree{{"1/", ""}};
    const Procfs procfs = open_tree(tree);
    CHECK(procfs.pids()->size() == 1);
    tree.write("2/", "");
    CHECK(procfs.pids()->size() == 2);
}

TEST_CASE("A process that is not there is gone") {
    const TempTree tree;
    const Result<ProcDir> process = open_tree(tree).open_process(42);
    CHECK(message_of(process) == "open " + tree.path("42") + ": No such file or directory");
    CHECK(is_gone(process.error()));
}

TEST_CASE("The swappiness is there or not") {
    const TempTree tree{{"sys/vm/swappiness", "60\n"}};
    const Procfs procfs = open_tree(tree);
    CHECK(*procfs.has_swappiness());
    tree.write("sys/vm/swappiness", "0\n");
    CHECK_FALSE(*procfs.has_swappiness());
    tree.remove("sys");
    CHECK(message_of(procfs.has_swappiness()) ==
          "read " + tree.path("sys/vm/swappiness") + ": No such file or directory");
}

TEST_CASE("A process is read part by part") {
    const TempTree tree{
        {"42/stat", kStat},
        {"42/status", "Name:\tx\nTgid:\t42\nUid:\t1000\t0\t0\t0\nGid:\t5\t0\t0\t0\nGroups:\t6 \n"},
        {"42/cgroup", "0::/user.slice/a.scope (deleted)\n"},
        {"42/cmdline", std::string("python3\0my_28.py\0", 17)},
        {"42/oom_score_adj", "-17\n"}};
    tree.link("42/exe", "/usr/bin/python3.11 (deleted)");
    const ProcDir process = open_process(tree, 42);
    CHECK(process.pid() == 42);

    Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    CHECK(snapshot->id == ProcessId{42, 5555});
    CHECK(snapshot->comm == "sl) eep");
    CHECK(snapshot->parent_pid == 7);
    for (const Field field : {Field::Credentials, Field::Cgroup, Field::Exe, Field::Cmdline})
        CHECK_FALSE(snapshot->has(field));

    REQUIRE(process.read_credentials(*snapshot));
    CHECK(snapshot->has(Field::Credentials));
    CHECK(snapshot->uid == 1000);
    CHECK(snapshot->groups == std::vector<Gid>{5, 6});

    REQUIRE(process.read_cgroup(*snapshot));
    CHECK(snapshot->has(Field::Cgroup));
    CHECK(snapshot->cgroup == "/user.slice/a.scope");

    REQUIRE(process.read_cmdline(*snapshot));
    CHECK(snapshot->has(Field::Cmdline));
    CHECK(snapshot->cmdline == "python3 my_28.py");

    CHECK(*process.read_exe() == "/usr/bin/python3.11 (deleted)");
    CHECK(*process.read_oom_score_adj() == -17);
}

TEST_CASE("The groups of a process are read however long its status, and its cgroup however deep") {
    constexpr std::size_t kMany = 3000;
    std::string groups;
    for (std::size_t group = 1; group <= kMany; ++group)
        groups += std::to_string(group) + " ";
    std::string cgroup;
    while (cgroup.size() < 4000)
        cgroup += "/a-cgroup-below-others";
    for (const std::size_t more : {80U, 89U, 90U, 96U, 97U, 98U, 1000U}) {
        const std::string path = cgroup + "/" + std::string(more, 'x');
        const TempTree tree{
            {"42/stat", kStat},
            {"42/status",
             "Name:\tx\nTgid:\t42\nUid:\t1\t1\t1\t1\nGid:\t5\t5\t5\t5\nGroups:\t" + groups + "\n"},
            {"42/cgroup", "0::" + path + "\n"}};
        const ProcDir process = open_process(tree, 42);
        Result<Snapshot> snapshot = process.read_stat();
        REQUIRE(snapshot);
        REQUIRE(process.read_credentials(*snapshot));
        CHECK(snapshot->groups.size() == kMany + 1);
        REQUIRE(process.read_cgroup(*snapshot));
        // The kernel tells no more than PATH_MAX of it.
        CHECK(snapshot->cgroup == (more < 90U ? path : ""));
        CHECK(snapshot->has(Field::Cgroup));
    }
}

TEST_CASE("A glance tells what stat says of a process, or that it has gone") {
    const TempTree tree{{"42/stat", kStat}, {"43/stat", kStat}, {"44/stat", "no stat"}};
    const Procfs procfs = open_tree(tree);
    const Result<Snapshot> snapshot = procfs.glance(42);
    REQUIRE(snapshot);
    CHECK(snapshot->id == ProcessId{42, 5555});
    CHECK(snapshot->comm == "sl) eep");
    CHECK(snapshot->parent_pid == 7);
    CHECK(message_of(procfs.glance(43)) == "parse " + tree.path("43/stat") + ": Invalid argument");
    CHECK(message_of(procfs.glance(44)) == "parse " + tree.path("44/stat") + ": Invalid argument");
    const auto gone = procfs.glance(45);
    CHECK(message_of(gone) == "read " + tree.path("45/stat") + ": No such file or directory");
    CHECK(is_gone(gone.error()));
}

TEST_CASE("Empty arguments are arguments that were read") {
    const TempTree tree{{"42/stat", kStat}, {"42/cmdline", ""}};
    const ProcDir process = open_process(tree, 42);
    Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    REQUIRE(process.read_cmdline(*snapshot));
    CHECK(snapshot->has(Field::Cmdline));
    CHECK(snapshot->cmdline.empty());
}

TEST_CASE("Arguments longer than the limit are cut") {
    const TempTree tree{{"42/stat", kStat}, {"42/cmdline", std::string(100000, 'x')}};
    const ProcDir process = open_process(tree, 42);
    Result<Snapshot> snapshot = process.read_stat();
    REQUIRE(snapshot);
    REQUIRE(process.read_cmdline(*snapshot));
    CHECK(snapshot->cmdline == std::string(65536, 'x'));
}

TEST_CASE("A cgroup path as long as the kernel allows is read whole, behind twelve others") {
    const std::string path = "/" + std::string(4093, 'd');
    std::string text;
    for (int hierarchy = 13; hierarchy > 0; --hierarchy)
        text += std::to_string(hierarchy) + ":controller:" + path + "\n";
    const TempTree tree{{"42/cgroup", text + "0::" + path + "\n"}};
    Snapshot snapshot;
    REQUIRE(open_process(tree, 42).read_cgroup(snapshot));
    CHECK(snapshot.cgroup == path);
}

TEST_CASE("What the kernel would not have written is an error of its file, and marks nothing") {
    const TempTree tree{{"42/stat", "42 (x"},
                        {"42/status", "Name:\tx\n"},
                        {"42/cgroup", "0::/cut"},
                        {"42/oom_score_adj", "many\n"}};
    const ProcDir process = open_process(tree, 42);
    const auto invalid = [&](const std::string& file) {
        return "parse " + tree.path("42/" + file) + ": Invalid argument";
    };
    Snapshot snapshot;
    CHECK(message_of(process.read_stat()) == invalid("stat"));
    CHECK(message_of(process.read_credentials(snapshot)) == invalid("status"));
    CHECK(message_of(process.read_cgroup(snapshot)) == invalid("cgroup"));
    CHECK(message_of(process.read_oom_score_adj()) == invalid("oom_score_adj"));
    CHECK_FALSE(snapshot.has(Field::Credentials));
    CHECK_FALSE(snapshot.has(Field::Cgroup));
}

TEST_CASE("The stat of another process is refused") {
    const TempTree tree{{"43/stat", kStat}};
    CHECK(message_of(open_process(tree, 43).read_stat()) ==
          "parse " + tree.path("43/stat") + ": Invalid argument");
}

TEST_CASE("A file that is missing is an error of its path") {
    const TempTree tree{{"42/", ""}};
    const ProcDir process = open_process(tree, 42);
    const auto missing = [&](const std::string& operation, const std::string& file) {
        return operation + " " + tree.path("42/" + file) + ": No such file or directory";
    };
    Snapshot snapshot;
    CHECK(message_of(process.read_stat()) == missing("read", "stat"));
    CHECK(message_of(process.read_credentials(snapshot)) == missing("read", "status"));
    CHECK(message_of(process.read_cgroup(snapshot)) == missing("read", "cgroup"));
    CHECK(message_of(process.read_cmdline(snapshot)) == missing("read", "cmdline"));
    CHECK(message_of(process.read_exe()) == missing("read", "exe"));
    CHECK(message_of(process.read_oom_score_adj()) == missing("read", "oom_score_adj"));
    CHECK(message_of(process.write_oom_score_adj(5)) == missing("write", "oom_score_adj"));
}

TEST_CASE("A process directory that vanishes is gone, also when its name is used again") {
    const TempTree tree{{"42/stat", kStat}};
    const ProcDir process = open_process(tree, 42);
    tree.remove("42");
    CHECK(is_gone(process.read_stat().error()));
    tree.write("42/stat", kStat);
    CHECK(is_gone(process.read_stat().error()));
}

TEST_CASE("A score that is written is read back") {
    const TempTree tree{{"42/oom_score_adj", "-1000\n"}};
    const ProcDir process = open_process(tree, 42);
    const int value = GENERATE(-1000, -1, 0, 7, 1000);
    REQUIRE(process.write_oom_score_adj(value));
    CHECK(*process.read_oom_score_adj() == value);
}

TEST_CASE("The boot id comes without its newline") {
    const TempTree tree{{"sys/kernel/random/boot_id", "a2b4-c6\n"}};
    CHECK(*open_tree(tree).boot_id() == "a2b4-c6");
}

TEST_CASE("A boot id that is missing or empty is an error") {
    const TempTree missing;
    CHECK(message_of(open_tree(missing).boot_id()) ==
          "read " + missing.path("sys/kernel/random/boot_id") + ": No such file or directory");
    const TempTree empty{{"sys/kernel/random/boot_id", "\n"}};
    CHECK(message_of(open_tree(empty).boot_id()) ==
          "parse " + empty.path("sys/kernel/random/boot_id") + ": Invalid argument");
}
