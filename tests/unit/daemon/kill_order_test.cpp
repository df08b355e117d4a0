// SPDX-License-Identifier: MIT
#include <cerrno>
#include <memory>
#include <string>

#include <unistd.h>

#include "daemon/cgroup_request.hpp"
#include "daemon/linux_process_table.hpp"
#include "guarding.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/temp_tree.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::daemon {
namespace {

using oomguard::test::TempTree;

sys::Procfs open_tree(const std::string& path) {
    auto procfs = sys::Procfs::open(path);
    REQUIRE(procfs);
    return *std::move(procfs);
}

/// A guard over a machine of files: what it writes is what is read then.
struct Machine {
    TempTree tree{{"proc/", ""}, {"cgroup/cgroup.procs", ""}};
    LinuxProcessTable table{open_tree(tree.path("proc")), tree.path("cgroup")};
    FakeWriter writer;
    FakeObserver seen;
    Guard guard{table, writer, seen, kSelf};
    Time now = Time{} + std::chrono::hours(5);

    void add(Pid pid, const std::string& comm, int start, std::uint64_t kibibytes, int score,
             const std::string& cgroup = "/") const {
        const std::string number = std::to_string(pid);
        put(pid, "stat",
            number + " (" + comm + ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                std::to_string(start) + " 0 0\n");
        put(pid, "status",
            "Name:\tx\nTgid:\t" + number + "\nUid:\t1000\t0\t0\t0\nGid:\t5\t0\t0\t0\n" +
                "Groups:\t \nVmRSS:\t " + std::to_string(kibibytes) +
                " kB\nVmPTE:\t 0 kB\nVmSwap:\t 0 kB\nThreads:\t1\n");
        put(pid, "oom_score_adj", std::to_string(score) + "\n");
        put(pid, "cgroup", "0::" + cgroup + "\n");
    }
    void put(Pid pid, const std::string& file, const std::string& text) const {
        tree.write("proc/" + std::to_string(pid) + "/" + file, text);
    }
    void set_rule(const Rule& rule, bool dry_run = false) {
        std::vector<Rule> rules;
        rules.push_back(rule);
        guard.set_options({.dry_run = dry_run, .exempt_cgroups = {}});
        guard.set_rules(std::make_shared<const RuleSet>(std::move(rules)));
        REQUIRE(guard.sweep(now));
    }

    [[nodiscard]] Result<std::vector<Ranked>> order(std::size_t most = kWholeOrder) const {
        return kill_order(guard, table.procfs(), table.cgroup_mount(), most);
    }
    [[nodiscard]] Result<std::vector<Ranked>> order_in(const std::string& cgroup,
                                                       std::size_t most = kWholeOrder) const {
        return kill_order_in(guard, table.procfs(), tree.path("cgroup"), cgroup, most);
    }
};

std::uint64_t machine_pages() {
    const auto machine = sys::machine_memory();
    REQUIRE(machine);
    return (machine->ram + machine->swap) / sys::page_size();
}

/// "42 small /a: 500 (0 without, place 2) by keep, with /a"
Lines texts(const Result<std::vector<Ranked>>& order) {
    if (!order)
        return {order.error().message()};
    Lines lines;
    for (const Ranked& ranked : *order) {
        const Candidate& one = ranked.candidate;
        lines.push_back(std::to_string(one.id.pid) + " " + one.name + " " + one.cgroup + ": " +
                        std::to_string(one.score) + " (" + std::to_string(one.unruled_score) +
                        " without, place " + std::to_string(ranked.unruled_place) + ")" +
                        (one.rule.empty() ? "" : " by " + one.rule) +
                        (one.group.empty() ? "" : ", with " + one.group));
    }
    return lines;
}

}  // namespace

TEST_CASE("The order is by memory and score, and a held process has its place without the rule") {
    Machine machine;
    machine.add(20, "large", 100, 8'192, 0, "/a");
    machine.add(30, "small", 200, 4'096, 0, "/b");
    machine.add(40, "unkillable", 300, 9'999, -1000);
    machine.set_rule(rule("keep", "small", exactly(500)));
    const auto order = machine.order();
    CHECK(texts(order) == Lines{"30 small /b: 500 (0 without, place 2) by keep",
                                "20 large /a: 0 (0 without, place 1)",
                                "40 unkillable /: -1000 (-1000 without, place 0)"});
    const std::uint64_t page = sys::page_size();
    const Ranked& first = order->front();
    CHECK(first.candidate.id == ProcessId{30, 200});
    CHECK(first.candidate.uid == 1000);
    CHECK(first.candidate.pages == 4'096 * 1024 / page);
    CHECK(first.points == badness(first.candidate.pages, 500, machine_pages()));
    CHECK(first.unruled_points == static_cast<std::int64_t>(first.candidate.pages));
    CHECK(order->back().points == kNeverKilled);
}

TEST_CASE("In a dry run the order is as if it were none") {
    Machine machine;
    machine.add(20, "large", 100, 8'192, 0);
    machine.add(30, "small", 200, 4'096, 7);
    machine.set_rule(rule("keep", "small", exactly(500)), true);
    CHECK(texts(machine.order()) == Lines{"30 small /: 500 (7 without, place 1) by keep",
                                          "20 large /: 0 (0 without, place 2)"});
    CHECK(machine.tree.read("proc/30/oom_score_adj") == "7\n");
}

TEST_CASE("A value that someone else has set since is there without the rules too") {
    Machine machine;
    machine.add(30, "small", 200, 4'096, 0);
    machine.set_rule(rule("keep", "small", exactly(500)));
    machine.put(30, "oom_score_adj", "300\n");
    CHECK(texts(machine.order()) == Lines{"30 small /: 300 (300 without, place 1) by keep"});
}

TEST_CASE("A value that was the process's own is there without the rules too") {
    Machine machine;
    machine.add(30, "small", 200, 4'096, 500);
    machine.set_rule(rule("keep", "small", exactly(500)));
    CHECK(texts(machine.order()) == Lines{"30 small /: 500 (500 without, place 1) by keep"});
}

TEST_CASE("What is held of an earlier process is not ascribed to one with its pid") {
    Machine machine;
    machine.add(30, "small", 200, 4'096, 0);
    machine.set_rule(rule("keep", "small", exactly(500)));
    machine.add(30, "other", 900, 4'096, 500);
    CHECK(texts(machine.order()) == Lines{"30 other /: 500 (500 without, place 1)"});
    CHECK(memory_of_held(machine.guard, machine.table.procfs())->empty());
}

TEST_CASE("Of equals on the machine the youngest comes first") {
    Machine machine;
    machine.add(30, "x", 500, 4'096, 0);
    machine.add(31, "y", 900, 4'096, 0);
    machine.add(32, "z", 100, 4'096, 0);
    CHECK(texts(machine.order(2)) ==
          Lines{"31 y /: 0 (0 without, place 1)", "30 x /: 0 (0 without, place 2)"});
}

TEST_CASE("What has no memory, has gone or is the first process is in no order") {
    Machine machine;
    machine.add(1, "init", 1, 4'096, 0);
    machine.add(30, "small", 200, 4'096, 0);
    machine.add(31, "thread", 200, 0, 0);
    machine.put(31, "status", "Name:\tx\nTgid:\t31\nUid:\t0\t0\t0\t0\nThreads:\t1\n");
    machine.tree.write("proc/32/", "");
    machine.add(33, "gone", 200, 4'096, 0);
    machine.tree.remove("proc/33/stat");
    CHECK(texts(machine.order()) == Lines{"30 small /: 0 (0 without, place 1)"});
}

TEST_CASE("A part of an order is none") {
    Machine machine;
    machine.add(30, "small", 200, 4'096, 0);
    machine.add(31, "odd", 200, 4'096, 0);
    machine.put(31, "oom_score_adj", "five\n");
    CHECK(texts(machine.order()) ==
          Lines{"parse " + machine.tree.path("proc/31/oom_score_adj") + ": Invalid argument"});
}

TEST_CASE("The group is the topmost cgroup that is killed as a whole") {
    Machine machine;
    machine.tree.write("cgroup/a/memory.oom.group", "0\n");
    machine.tree.write("cgroup/a/b/memory.oom.group", "1\n");
    machine.tree.write("cgroup/a/b/c/memory.oom.group", "1\n");
    machine.add(30, "below", 200, 4'096, 0, "/a/b/c/d");
    machine.add(31, "above", 100, 4'096, 0, "/a");
    machine.add(32, "outside", 50, 4'096, 0, "/../a/b");
    CHECK(texts(machine.order()) == Lines{"30 below /a/b/c/d: 0 (0 without, place 1), with /a/b",
                                          "31 above /a: 0 (0 without, place 2)",
                                          "32 outside /../a/b: 0 (0 without, place 3)"});
}

TEST_CASE("The order of a cgroup is of its processes and its limit") {
    Machine machine;
    machine.tree.write("cgroup/small/memory.max", "62914560\n");
    machine.tree.write("cgroup/small/memory.swap.max", "0\n");
    machine.tree.write("cgroup/small/cgroup.procs", "40\n31\n50\n30\n");
    machine.tree.write("cgroup/small/in/cgroup.procs", "20\n");
    machine.tree.write("cgroup/small/in/memory.oom.group", "1\n");
    machine.tree.write("cgroup/small/in/memory.max", "4096\n");
    machine.add(20, "below", 10, 20'480, 0);
    machine.add(30, "last", 20, 10'240, 0);
    machine.add(31, "first", 30, 10'240, 0);
    machine.add(40, "raised", 40, 5'120, 300);
    machine.add(60, "elsewhere", 50, 99'999, 0);
    const auto order = machine.order_in("/small");
    CHECK(texts(order) == Lines{"40 raised /small: 300 (300 without, place 1)",
                                "20 below /small/in: 0 (0 without, place 2), with /small/in",
                                "30 last /small: 0 (0 without, place 3)",
                                "31 first /small: 0 (0 without, place 4)"});
    // 60 MiB are 15,360 pages of 4 KiB, and 300 of their thousandths 4,500.
    if (sys::page_size() == 4096)
        CHECK(order->front().points == 1'280 + 4'500);
    CHECK(texts(machine.order_in("/small", 1)).size() == 1);
}

TEST_CASE("A cgroup without a limit has the machine's memory") {
    Machine machine;
    machine.tree.write("cgroup/free/memory.max", "max\n");
    machine.tree.write("cgroup/free/cgroup.procs", "30\n");
    machine.add(30, "small", 20, 4'096, 10);
    for (const std::string cgroup : {"/free", ""}) {
        const auto order = machine.order_in(cgroup);
        REQUIRE(texts(order) == Lines{"30 small /free: 10 (10 without, place 1)"});
        CHECK(order->front().points ==
              badness(order->front().candidate.pages, 10, machine_pages()));
    }
}

TEST_CASE("A cgroup that is not there is an error") {
    const Machine machine;
    const std::string cgroup = machine.tree.path("cgroup");
    CHECK(texts(machine.order_in("/none")) ==
          Lines{"open " + cgroup + "/none: No such file or directory"});
    CHECK(texts(machine.order_in("/cgroup.procs")) ==
          Lines{"read " + cgroup + "/cgroup.procs/memory.max: Not a directory"});
}

TEST_CASE("The path of a cgroup leads nowhere but into the tree") {
    for (const auto& [path, checked] : std::vector<std::pair<std::string, std::string>>{
             {"/", ""},
             {"//", ""},
             {"/.", ""},
             {"/a", "/a"},
             {"/a/", "/a"},
             {"//a/.//b/", "/a/b"},
             {"/..a/b..", "/..a/b.."},
             {"/a/...", "/a/..."},
             {"", "its path begins with \"/\": Invalid argument"},
             {"a", "its path begins with \"/\": Invalid argument"},
             {"../a", "its path begins with \"/\": Invalid argument"},
             {"/..", "its path has no \"..\": Invalid argument"},
             {"/a/../b", "its path has no \"..\": Invalid argument"},
             {"/a/..", "its path has no \"..\": Invalid argument"},
         }) {
        CAPTURE(path);
        const auto found = checked_cgroup(path);
        CHECK((found ? *found : found.error().message()) == checked);
    }
}

TEST_CASE("The memory of what is held is told, and of nothing else") {
    Machine machine;
    machine.add(20, "large", 100, 8'192, 0);
    machine.add(30, "small", 200, 4'096, 0);
    machine.add(31, "small", 300, 2'048, 0);
    machine.set_rule(rule("keep", "small", exactly(500)));
    machine.tree.remove("proc/31");
    const auto memory = memory_of_held(machine.guard, machine.table.procfs());
    REQUIRE(memory);
    CHECK(*memory == std::vector<std::pair<ProcessId, std::uint64_t>>{{{30, 200}, 4'096 * 1024}});
}

TEST_CASE("A real process is in the order of the real machine") {
    const test::Child child = test::fork_child();
    Guarding none;
    const auto procfs = open_tree("/proc");
    const auto order = kill_order(none.guard, procfs, errno_error(ENOENT, "no tree"));
    REQUIRE(order);
    const auto count = std::count_if(order->begin(), order->end(), [&](const Ranked& ranked) {
        return ranked.candidate.id.pid == child.pid() && ranked.candidate.uid == ::getuid();
    });
    CHECK(count == 1);
}

}  // namespace oomguard::daemon
