// SPDX-License-Identifier: MIT
#include "ctl/top/rows.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace oomguard::ctl::top {
namespace {

/// The number behind "KEY:" at the beginning of a line, which is in kilobytes.
std::optional<std::uint64_t> kilobytes_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(key) || line.substr(key.size(), 1) != ":")
            continue;
        line.remove_prefix(key.size() + 1);
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
        std::uint64_t number = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), number).ec != std::errc())
            return std::nullopt;
        return number * 1024;
    }
    return std::nullopt;
}

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

std::optional<MachineMemory> parse_meminfo(std::string_view text) {
    const auto total = kilobytes_of(text, "MemTotal");
    const auto available = kilobytes_of(text, "MemAvailable");
    const auto swap_total = kilobytes_of(text, "SwapTotal");
    const auto swap_free = kilobytes_of(text, "SwapFree");
    if (!total || !available || !swap_total || !swap_free)
        return std::nullopt;
    return MachineMemory{*total, *available, *swap_total, *swap_free};
}

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
