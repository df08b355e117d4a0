// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <unordered_set>
#include <utility>

#include "daemon/candidates.hpp"
#include "daemon/kill_order.hpp"
#include "sys/cgroup_memory.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/machine_memory.hpp"

// Whom the kernel would kill when a cgroup runs into its limit.
namespace oomguard::daemon {
namespace {

/// Also of a cgroup: reading a file of one that was removed fails with ENODEV.
bool is_gone_too(const Error& error) {
    return is_gone(error) || error.code == std::errc::no_such_device;
}

/// mem_cgroup_get_max() in mm/memcontrol.c, in pages: the limit of memory, and of swap as much as
/// there is and the cgroup may have, unless the kernel swaps nothing by itself.
Result<std::uint64_t> pages_of(const sys::Procfs& procfs, const std::string& directory) {
    const auto machine = sys::machine_memory();
    if (!machine)
        return machine.error();
    const auto max = sys::memory_max(directory);
    if (!max)
        return max.error();
    if (*max == sys::kNoLimit)
        return (machine->ram + machine->swap) / sys::page_size();
    const auto swap_max = sys::memory_swap_max(directory);
    if (!swap_max)
        return swap_max.error();
    // Where it cannot be told, it is as nearly everywhere.
    const auto swaps = procfs.has_swappiness();
    const std::uint64_t swap = !swaps || *swaps ? std::min(*swap_max, machine->swap) : 0;
    return *max / sys::page_size() + swap / sys::page_size();
}

/// The processes of a cgroup and those below it in the order of mem_cgroup_scan_tasks() in
/// mm/memcontrol.c: a cgroup before those below it, these in the order in which they were made,
/// and within one the order of cgroup.procs. (The kernel mixes those of cgroups that have no memory
/// controller; how cannot be seen.)
class CgroupWalk {
  public:
    CgroupWalk(const Guard& guard, const sys::Procfs& procfs, const std::string& mount)
        : candidates_(guard, procfs, false), mount_(mount) {}

    /// `group`: of those above, the one that is killed as a whole, or empty.
    Result<void> walk(const std::string& cgroup, std::string group) {
        const std::string directory = mount_ + cgroup;
        if (group.empty() && !cgroup.empty()) {
            const auto is_group = sys::has_oom_group(directory);
            if (!is_group)
                return is_group.error();
            group = *is_group ? cgroup : "";
        }
        if (auto done = append_processes(cgroup, group); !done)
            return done;
        const auto children = sys::child_cgroups_by_age(directory);
        if (!children)
            return children.error();
        for (const auto& child : *children) {
            std::string path = cgroup;
            path.append("/").append(child);
            auto done = walk(path, group);
            // Or of a depth whose path no call takes.
            if (!done && !is_gone_too(done.error()) &&
                done.error().code != std::errc::filename_too_long)
                return done;
        }
        return {};
    }

    [[nodiscard]] std::vector<Candidate> take() { return std::move(candidates_.list); }

  private:
    Result<void> append_processes(const std::string& cgroup, const std::string& group) {
        const auto pids = sys::cgroup_pids(mount_ + cgroup);
        // A threaded one: its processes are told of by the one above that is not.
        if (!pids && pids.error().code == std::errc::operation_not_supported)
            return {};
        if (!pids)
            return pids.error();
        std::size_t next = candidates_.list.size();
        for (const Pid pid : *pids) {
            // One that moves on is found again.
            if (!seen_.insert(pid).second)
                continue;
            if (auto done = candidates_.append(pid); !done)
                return done;
        }
        for (; next < candidates_.list.size(); ++next) {
            candidates_.list[next].cgroup = cgroup.empty() ? "/" : cgroup;
            candidates_.list[next].group = group;
        }
        return {};
    }

    Candidates candidates_;
    std::unordered_set<Pid> seen_;
    const std::string& mount_;
};

}  // namespace

Result<std::vector<Ranked>> kill_order_in(const Guard& guard, const sys::Procfs& procfs,
                                          const std::string& mount, const std::string& cgroup,
                                          std::size_t most) {
    const auto pages = pages_of(procfs, mount + cgroup);
    if (!pages)
        return pages.error();
    CgroupWalk walk(guard, procfs, mount);
    if (const auto done = walk.walk(cgroup, ""); !done)
        return done.error();
    auto ranked = rank(walk.take(), *pages);
    ranked.erase(ranked.begin() + static_cast<std::ptrdiff_t>(std::min(most, ranked.size())),
                 ranked.end());
    return ranked;
}

}  // namespace oomguard::daemon
