// SPDX-License-Identifier: MIT
#include "ctl/top/rows.hpp"

#include <algorithm>
#include <map>

namespace oomguard::ctl::top {
namespace {

/// Bytes in one of the daemon's pages, which may be those of another machine: points without a
/// score are the memory.
std::int64_t page_size_of(const Snapshot& snapshot) {
    const auto found = std::find_if(
        snapshot.order.begin(), snapshot.order.end(),
        [](const RankRow& row) { return row.score == 0 && row.points > 0 && row.memory > 0; });
    if (found == snapshot.order.end())
        return static_cast<std::int64_t>(snapshot.page_size);
    return static_cast<std::int64_t>(found->memory) / found->points;
}

}  // namespace

std::vector<Row> order_rows(const Snapshot& snapshot) {
    std::map<Id, const ProcessRow*> held;
    for (const ProcessRow& process : snapshot.held)
        held[{process.pid, process.start_time}] = &process;
    const std::int64_t page_size = page_size_of(snapshot);
    std::vector<Row> rows;
    rows.reserve(snapshot.order.size());
    std::uint32_t place = 0;
    for (const RankRow& ranked : snapshot.order) {
        const bool is_never = ranked.points == RankRow::kNever;
        Row row{.id = {ranked.pid, ranked.start_time},
                .name = ranked.name,
                .user = ranked.user,
                .rule = ranked.rule,
                .place = is_never ? 0 : ++place,
                .score = ranked.score,
                .unruled_score = ranked.unruled_score,
                .memory = ranked.memory};
        if (!is_never)
            row.weight = ranked.points * page_size;
        if (const auto found = held.find(row.id); found != held.end()) {
            row.state = found->second->state;
            row.wanted = found->second->wanted;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Row> held_rows(const Snapshot& snapshot) {
    std::map<Id, std::uint64_t> memory;
    for (const MemoryRow& row : snapshot.memory)
        memory[{row.pid, row.start_time}] = row.bytes;
    std::vector<Row> rows;
    rows.reserve(snapshot.held.size());
    for (const ProcessRow& process : snapshot.held) {
        Row row{.id = {process.pid, process.start_time},
                .name = process.name,
                .user = process.user,
                .rule = process.rule,
                .score = process.current,
                .unruled_score = process.original,
                .wanted = process.wanted,
                .state = process.state};
        if (const auto found = memory.find(row.id); found != memory.end())
            row.memory = found->second;
        rows.push_back(std::move(row));
    }
    return rows;
}

std::size_t count_of(const std::vector<ProcessRow>& held, std::string_view state) {
    return static_cast<std::size_t>(std::count_if(
        held.begin(), held.end(), [&](const ProcessRow& row) { return row.state == state; }));
}

}  // namespace oomguard::ctl::top
