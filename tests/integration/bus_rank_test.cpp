// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <tuple>

#include <sys/sysinfo.h>
#include <unistd.h>

#include "bus.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "sys/accounts.hpp"

// Rank, RankCgroup and ListMemory, on the processes that are there.
namespace oomguard::test {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

/// A row by names.
struct Rank {
    pid_t pid = 0;
    std::uint64_t start_time = 0;
    std::string name, user, cgroup, rule;
    std::uint64_t memory = 0;
    int score = 0;
    int unruled_score = 0;
    std::int64_t points = 0;
    std::int64_t unruled_points = 0;
    std::uint32_t unruled_place = 0;
    std::string group;
    std::size_t place = 0;  ///< in the list, from 1
};

template <typename Rows>
std::vector<Rank> named(const Rows& rows) {
    std::vector<Rank> ranks;
    for (const auto& row : rows) {
        Rank rank;
        std::uint32_t pid = 0;
        std::tie(pid, rank.start_time, rank.name, rank.user, rank.cgroup, rank.rule, rank.memory,
                 rank.score, rank.unruled_score, rank.points, rank.unruled_points,
                 rank.unruled_place, rank.group) = row;
        rank.pid = static_cast<pid_t>(pid);
        ranks.push_back(rank);
        ranks.back().place = ranks.size();
    }
    return ranks;
}

std::optional<Rank> find(const std::vector<Rank>& ranks, pid_t pid) {
    const auto found =
        std::find_if(ranks.begin(), ranks.end(), [&](const Rank& rank) { return rank.pid == pid; });
    return found == ranks.end() ? std::nullopt : std::optional(*found);
}

std::int64_t total_pages() {
    struct sysinfo info {};
    REQUIRE(::sysinfo(&info) == 0);
    return static_cast<std::int64_t>((info.totalram + info.totalswap) * info.mem_unit) /
           ::sysconf(_SC_PAGESIZE);
}

/// proc_oom_score() in the kernel's fs/proc/base.c.
std::int64_t oom_score_of(std::int64_t points) {
    return points == kNever ? 0 : (1000 + points * 1000 / total_pages()) * 2 / 3;
}

std::optional<std::int64_t> read_oom_score(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/oom_score");
    std::int64_t score = 0;
    return file >> score ? std::optional(score) : std::nullopt;
}

std::optional<std::uint64_t> read_memory(pid_t pid) {
    const auto process = sys::Procfs::open()->open_process(pid);
    const auto memory = process ? process->read_memory() : process.error();
    return memory ? memory->bytes : std::nullopt;
}

}  // namespace

TEST_CASE("the points of every process are those that its oom_score tells") {
    Programs programs;
    Subject raised = programs.start(programs.unique_name());
    Subject left = programs.start(programs.unique_name());
    REQUIRE(write_score(raised.pid(), 777));
    GuardDaemon daemon;
    daemon.start();
    const auto ranks = named(daemon.client()->Rank(0));
    std::vector<pid_t> checked;
    for (const Rank& rank : ranks) {
        const auto score = read_oom_score(rank.pid);
        // Those that have not changed meanwhile; other tests' daemons set scores too.
        if (!score || read_memory(rank.pid) != rank.memory || read_score(rank.pid) != rank.score)
            continue;
        INFO(rank.pid << " " << rank.name << " of " << rank.memory << " bytes at " << rank.score);
        CHECK(std::abs(*score - oom_score_of(rank.points)) <= 1);
        CHECK(rank.points == rank.unruled_points);
        checked.push_back(rank.pid);
    }
    for (const pid_t pid : {raised.pid(), left.pid()})
        CHECK(std::count(checked.begin(), checked.end(), pid) == 1);
    CHECK(std::is_sorted(ranks.begin(), ranks.end(), [](const Rank& one, const Rank& other) {
        return one.points > other.points;
    }));
}

TEST_CASE("a process that a rule has raised comes before those that came before it") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const int original = *read_score(subject.pid());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("offer", name, "{at_least: 950}"));
    daemon.start();
    const auto rank = find(named(daemon.client()->Rank(0)), subject.pid());
    REQUIRE(rank);
    CHECK(rank->start_time == start_time(subject.pid()));
    CHECK(rank->name == name);
    CHECK(rank->user == sys::user_name(::getuid()));
    CHECK(rank->rule == "offer");
    CHECK(rank->memory == read_memory(subject.pid()));
    CHECK(rank->score == 950);
    CHECK(rank->unruled_score == original);
    CHECK(rank->points - rank->unruled_points == (950 - original) * (total_pages() / 1000));
    CHECK(rank->place < rank->unruled_place);
}

TEST_CASE("in a dry run the order is as if it were none") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const int original = *read_score(subject.pid());
    GuardDaemon daemon;
    daemon.write_settings(std::string(kQuietSettings) + "dry_run: true\n");
    daemon.write_rules("10-test.yaml", rule_text("offer", name, "950"));
    daemon.start();
    const auto rank = find(named(daemon.client()->Rank(0)), subject.pid());
    REQUIRE(rank);
    CHECK(rank->score == 950);
    CHECK(rank->unruled_score == original);
    CHECK(read_score(subject.pid()) == original);
}

TEST_CASE("no more of the order is told than is asked for") {
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    REQUIRE(write_score(subject.pid(), 1000));
    GuardDaemon daemon;
    daemon.start();
    CHECK(daemon.client()->Rank(0).size() > 2);
    CHECK(daemon.client()->Rank(2).size() == 2);
    const auto first = named(daemon.client()->Rank(1));
    REQUIRE(first.size() == 1);
    CHECK(first.front().score == 1000);
}

TEST_CASE("the order of a cgroup is of its processes and those below it") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    Programs programs;
    Subject one = programs.start(programs.unique_name());
    Subject two = programs.start(programs.unique_name());
    Subject other = programs.start(programs.unique_name());
    REQUIRE(write_score(two.pid(), 900));
    cgroup->make_around(one.pid(), "one");
    cgroup->make_around(two.pid(), "two");
    const std::string path = cgroup->path().substr(sys::find_cgroup_mount()->size());
    GuardDaemon daemon;
    daemon.start();
    const auto ranks = named(daemon.client()->RankCgroup(path, 0));
    REQUIRE(ranks.size() == 2);
    CHECK(ranks[0].pid == two.pid());
    CHECK(ranks[0].cgroup == path + "/two");
    CHECK(ranks[0].points - static_cast<std::int64_t>(ranks[0].memory) / ::sysconf(_SC_PAGESIZE) ==
          900 * (total_pages() / 1000));
    CHECK(ranks[1].pid == one.pid());
    CHECK(ranks[1].cgroup == path + "/one");
    CHECK(named(daemon.client()->RankCgroup(path + "//one/.", 0)).size() == 1);
    CHECK(named(daemon.client()->RankCgroup(path, 1)).size() == 1);
}

TEST_CASE("a process in a cgroup too deep to be known is held and ranked as any other") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    Programs programs;
    const std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    cgroup->make_too_deep_around(subject.pid());
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    daemon.start();
    CHECK(read_score(subject.pid()) == 300);
    const auto rank = find(named(daemon.client()->Rank(0)), subject.pid());
    REQUIRE(rank);
    CHECK(rank->cgroup == "");
    CHECK(rank->score == 300);
    CHECK(daemon.logged("cannot read").empty());
}

TEST_CASE("a cgroup that is not there is an error that says what was meant") {
    const auto mount = sys::find_cgroup_mount();
    if (!mount) {
        WARN("skipped: " << mount.error().message());
        return;
    }
    GuardDaemon daemon;
    daemon.start();
    const auto failure = [&](const std::string& cgroup) {
        return failure_of([&] { return daemon.client()->RankCgroup(cgroup, 0); });
    };
    const std::string error = "org.oomguard1.Error.NoSuchCgroup: no cgroup ";
    const std::string none =
        ": there is none in the tree at " + *mount + "; systemd-cgls shows those there are";
    CHECK(failure("/no/such") == error + "/no/such" + none);
    CHECK(failure("/cgroup.procs") == error + "/cgroup.procs" + none);
    CHECK(failure("/\n") == error + "/\\n" + none);
    CHECK(failure("/" + std::string(300, 'x')) == error + "/" + std::string(300, 'x') + none);
    CHECK(failure(*mount + "/system.slice") ==
          error + *mount + "/system.slice: a path in the tree is meant, /system.slice");
    CHECK(failure("") == error + ": its path begins with \"/\"");
    CHECK(failure("system.slice") == error + "system.slice: its path begins with \"/\"");
    CHECK(failure("/../proc") == error + "/../proc: its path has no \"..\"");
}

TEST_CASE("the memory of those that are held is told, and of nobody else") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject held = programs.start(name);
    Subject gone = programs.start(name);
    Subject other = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("offer", name, "{at_least: 345}"));
    daemon.start();
    CHECK(daemon.client()->ListMemory().size() == 2);
    gone.kill();
    const auto rows = daemon.client()->ListMemory();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].get<0>() == static_cast<std::uint32_t>(held.pid()));
    CHECK(rows[0].get<1>() == start_time(held.pid()));
    CHECK(rows[0].get<2>() == read_memory(held.pid()));
}

}  // namespace oomguard::test
