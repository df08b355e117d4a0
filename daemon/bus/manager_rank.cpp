// SPDX-License-Identifier: MIT
#include <spdlog/fmt/fmt.h>

#include "core/text.hpp"
#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/translation.hpp"
#include "daemon/cgroup_request.hpp"
#include "sys/machine_memory.hpp"

// Who would be killed, and how much memory there is to get.
namespace oomguard::daemon {
namespace {

sdbus::Error unexpected(const Error& error) {
    return {compat::ErrorName{"org.freedesktop.DBus.Error.Failed"}, printable(error.message())};
}

std::size_t most_of(std::uint32_t limit) {
    return limit == 0 ? kWholeOrder : limit;
}

}  // namespace

std::vector<ManagerObject::RankRow> ManagerObject::rank_rows(const std::vector<Ranked>& order) {
    UserNames users;
    std::vector<RankRow> rows;
    rows.reserve(order.size());
    for (const auto& [candidate, points, unruled_points, unruled_place] : order)
        rows.emplace_back(
            bus_pid(candidate.id.pid), candidate.id.start_time, printable(candidate.name),
            users.of(candidate.uid), printable(candidate.cgroup), candidate.rule,
            candidate.pages * sys::page_size(), candidate.score, candidate.unruled_score, points,
            unruled_points, unruled_place, printable(candidate.group));
    return rows;
}

std::vector<ManagerObject::RankRow> ManagerObject::rank(std::uint32_t limit) {
    const LinuxProcessTable& table = control_.table();
    const auto order =
        kill_order(control_.guard(), table.procfs(), table.cgroup_mount(), most_of(limit));
    if (!order)
        throw unexpected(order.error());
    return rank_rows(*order);
}

std::vector<ManagerObject::RankRow> ManagerObject::rank_cgroup(const std::string& cgroup,
                                                               std::uint32_t limit) {
    const LinuxProcessTable& table = control_.table();
    const auto asked = kill_order_of(control_.guard(), table.procfs(), table.cgroup_mount(), cgroup,
                                     most_of(limit));
    if (!asked)
        throw unexpected(asked.error());
    if (!asked->none.empty())
        throw make_error("NoSuchCgroup", asked->none);
    return rank_rows(asked->order);
}

std::vector<ManagerObject::MemoryRow> ManagerObject::memory() {
    const auto held = memory_of_held(control_.guard(), control_.table().procfs());
    if (!held)
        throw unexpected(held.error());
    std::vector<MemoryRow> rows;
    for (const auto& [id, bytes] : *held)
        rows.emplace_back(bus_pid(id.pid), id.start_time, bytes);
    return rows;
}

}  // namespace oomguard::daemon
