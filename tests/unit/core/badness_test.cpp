// SPDX-License-Identifier: MIT
#include "core/badness.hpp"

#include <algorithm>
#include <random>
#include <tuple>

#include "support/catch.hpp"

using namespace oomguard;

namespace {

Candidate candidate(Pid pid, std::uint64_t pages, int score, int unruled_score,
                    std::uint64_t start_time = 1) {
    Candidate made;
    made.id = {pid, start_time};
    made.pages = pages;
    made.score = score;
    made.unruled_score = unruled_score;
    return made;
}

Candidate candidate(Pid pid, std::uint64_t pages, int score) {
    return candidate(pid, pages, score, score);
}

std::vector<Pid> pids(const std::vector<Ranked>& order) {
    std::vector<Pid> pids;
    for (const Ranked& ranked : order)
        pids.push_back(ranked.candidate.id.pid);
    return pids;
}

/// select_bad_process() and oom_evaluate_task() in mm/oom_kill.c: the pid, 0 if there is none.
Pid kernel_choice(const std::vector<Candidate>& tasks, std::uint64_t total,
                  int Candidate::*adj_of) {
    constexpr std::int64_t kLongMin = std::numeric_limits<std::int64_t>::min();
    std::int64_t chosen_points = kLongMin;
    Pid chosen = 0;
    for (const Candidate& task : tasks) {
        std::int64_t adj = task.*adj_of;
        if (adj == -1000)
            continue;
        adj *= static_cast<std::int64_t>(total / 1000);
        const std::int64_t points = static_cast<std::int64_t>(task.pages) + adj;
        if (points == kLongMin || points < chosen_points)
            continue;
        chosen = task.id.pid;
        chosen_points = points;
    }
    return chosen;
}

/// As often as the kernel would find someone to kill.
std::vector<Pid> kernel_order(std::vector<Candidate> tasks, std::uint64_t total,
                              int Candidate::*adj_of) {
    std::vector<Pid> order;
    while (const Pid pid = kernel_choice(tasks, total, adj_of)) {
        order.push_back(pid);
        std::erase_if(tasks, [&](const Candidate& task) { return task.id.pid == pid; });
    }
    return order;
}

}  // namespace

TEST_CASE("Points are pages and a thousandth of all there is for each unit of the score") {
    // 1 GiB of 4 KiB pages, of which the kernel sees a little less, and 1 GiB of swap.
    constexpr std::uint64_t kTotal = 246'528 + 262'143;
    CHECK(badness(0, 0, kTotal) == 0);
    CHECK(badness(12'345, 0, kTotal) == 12'345);
    CHECK(badness(12'345, 1, kTotal) == 12'345 + 508);
    CHECK(badness(12'345, 300, kTotal) == 12'345 + 152'400);
    CHECK(badness(12'345, -300, kTotal) == 12'345 - 152'400);
    CHECK(badness(0, 1000, kTotal) == 508'000);
    CHECK(badness(12'345, -999, kTotal) == 12'345 - 507'492);
    CHECK(badness(508'671, -1000, kTotal) == kNeverKilled);
}

TEST_CASE("The thousandth part is rounded down before it is multiplied") {
    CHECK(badness(5, 1000, 999) == 5);
    CHECK(badness(5, 1000, 1000) == 1005);
    CHECK(badness(5, 1000, 1999) == 1005);
    CHECK(badness(5, -999, 1999) == 5 - 999);
    CHECK(badness(5, 1000, 0) == 5);
}

TEST_CASE("The same score weighs less in a small cgroup") {
    // 10 MB at 300 and 25 MB at 0: in a cgroup of 60 MB the first is killed, in one of 40 MB not.
    const auto choice = [](std::uint64_t total) {
        return pids(rank({candidate(1, 2'560, 300), candidate(2, 6'400, 0)}, total)).front();
    };
    CHECK(choice(15'360) == 1);
    CHECK(choice(10'240) == 2);
}

TEST_CASE("Points are in range however much memory and score there is") {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 52;  // all that 64 bits can address
    CHECK(badness(kMost, 1000, kMost) == 4'503'599'627'370'496 + 4'503'599'627'370'000);
    CHECK(badness(0, -999, kMost) == -4'503'599'627'370 * 999);
}

TEST_CASE("The most points come first, negative ones too") {
    const auto order = rank({candidate(1, 100, -500), candidate(2, 100, 0), candidate(3, 5'000, 0),
                             candidate(4, 100, -999), candidate(5, 100, 500)},
                            10'000);
    CHECK(pids(order) == std::vector<Pid>{5, 3, 2, 1, 4});
    CHECK(order[0].points == 5'100);
    CHECK(order[3].points == -4'900);
    CHECK(order[4].points == -9'890);
}

TEST_CASE("Of equals the one that was given last comes first") {
    const auto order =
        rank({candidate(7, 100, 0), candidate(9, 100, 0), candidate(8, 90, 1)}, 10'000);
    CHECK(pids(order) == std::vector<Pid>{8, 9, 7});
    CHECK(order[0].unruled_place == 1);
    CHECK(order[1].unruled_place == 2);
    CHECK(order[2].unruled_place == 3);
}

TEST_CASE("By age the youngest is last, and of one clock tick the one with the highest pid") {
    std::vector<Candidate> candidates = {candidate(4, 1, 0, 0, 30), candidate(9, 1, 0, 0, 20),
                                         candidate(2, 1, 0, 0, 30), candidate(3, 1, 0, 0, 10)};
    sort_by_age(candidates);
    CHECK(pids(rank(candidates, 1'000)) == std::vector<Pid>{4, 2, 9, 3});
}

TEST_CASE("Those never killed come last, the largest first, and have no place") {
    const auto order = rank({candidate(1, 900, -1000), candidate(2, 10, -999),
                             candidate(3, 950, -1000, 0), candidate(4, 20, -999, -1000)},
                            10'000);
    CHECK(pids(order) == std::vector<Pid>{4, 2, 3, 1});
    CHECK(order[0].unruled_points == kNeverKilled);
    CHECK(order[0].unruled_place == 0);
    CHECK(order[1].unruled_place == 2);
    CHECK(order[2].points == kNeverKilled);
    CHECK(order[2].unruled_points == 950);
    CHECK(order[2].unruled_place == 1);
    CHECK(order[3].points == kNeverKilled);
    CHECK(order[3].unruled_place == 0);
}

TEST_CASE("Of nobody there is no order") {
    CHECK(rank({}, 1'000).empty());
    CHECK(rank({candidate(1, 5, 0)}, 0).front().points == 5);
}

TEST_CASE("The order, with rules and without, is that of the kernel's loop") {
    std::mt19937 random(20261121);
    const auto any = [&](int from, int to) {
        return std::uniform_int_distribution<int>(from, to)(random);
    };
    constexpr int kTurns = 2'000;
    for (int turn = 0; turn < kTurns; ++turn) {
        // Small numbers, so that many are equal.
        const auto total = static_cast<std::uint64_t>(any(0, 9'999));
        const bool any_score = turn % 2 == 0;
        const auto score = [&] { return any_score ? any(-1000, 1000) : 500 * any(-2, 2); };
        std::vector<Candidate> tasks;
        for (int count = any(0, 40); count > 0; --count)
            tasks.push_back(candidate(count, static_cast<std::uint64_t>(any(0, 30)) * 1'000,
                                      score(), score(), static_cast<std::uint64_t>(any(1, 9))));
        std::shuffle(tasks.begin(), tasks.end(), random);
        if (any(0, 1) == 1)
            sort_by_age(tasks);
        const auto order = rank(tasks, total);
        REQUIRE(order.size() == tasks.size());

        auto predicted = pids(order);
        const auto killed = kernel_order(tasks, total, &Candidate::score);
        predicted.resize(killed.size());
        REQUIRE(predicted == killed);
        for (std::size_t at = killed.size(); at < order.size(); ++at)
            REQUIRE(order[at].points == kNeverKilled);

        const auto unruled = kernel_order(tasks, total, &Candidate::unruled_score);
        for (const Ranked& ranked : order) {
            const auto place = std::find(unruled.begin(), unruled.end(), ranked.candidate.id.pid);
            const auto expected = place == unruled.end() ? 0 : place - unruled.begin() + 1;
            REQUIRE(ranked.unruled_place == static_cast<std::uint32_t>(expected));
        }
    }
}
