// SPDX-License-Identifier: MIT
#include "core/badness.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/rule.hpp"

namespace oomguard {

std::int64_t badness(std::uint64_t pages, int score, std::uint64_t total_pages) {
    constexpr std::uint64_t kUnits = 1000;
    if (score <= kLowestScore)
        return kNeverKilled;
    return static_cast<std::int64_t>(pages) +
           score * static_cast<std::int64_t>(total_pages / kUnits);
}

void sort_by_age(std::vector<Candidate>& candidates) {
    std::sort(candidates.begin(), candidates.end(), [](const auto& one, const auto& other) {
        return std::tie(one.id.start_time, one.id.pid) <
               std::tie(other.id.start_time, other.id.pid);
    });
}

std::vector<Ranked> rank(std::vector<Candidate> candidates, std::uint64_t total_pages) {
    // The last first: where points are equal, a stable sort leaves the one the kernel would take
    // in front.
    std::vector<Ranked> ranked;
    ranked.reserve(candidates.size());
    for (auto at = candidates.rbegin(); at != candidates.rend(); ++at) {
        const std::int64_t points = badness(at->pages, at->score, total_pages);
        const std::int64_t unruled = badness(at->pages, at->unruled_score, total_pages);
        ranked.push_back({std::move(*at), points, unruled, 0});
    }

    std::vector<std::size_t> unruled(ranked.size());
    std::iota(unruled.begin(), unruled.end(), std::size_t{0});
    std::stable_sort(unruled.begin(), unruled.end(), [&](std::size_t one, std::size_t other) {
        return ranked[one].unruled_points > ranked[other].unruled_points;
    });
    std::uint32_t place = 0;
    for (const std::size_t index : unruled) {
        if (ranked[index].unruled_points != kNeverKilled)
            ranked[index].unruled_place = ++place;
    }

    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& one, const Ranked& other) {
        if (one.points != other.points)
            return one.points > other.points;
        return one.points == kNeverKilled && one.candidate.pages > other.candidate.pages;
    });
    return ranked;
}

}  // namespace oomguard
