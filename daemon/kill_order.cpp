// SPDX-License-Identifier: MIT
#include "daemon/kill_order.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "daemon/candidates.hpp"
#include "sys/cgroup_memory.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::daemon {
namespace {

/// nullopt of what has gone; an error is any other.
template <typename T>
Result<std::optional<T>> unless_gone(Result<T> result) {
    if (result)
        return std::optional<T>(*std::move(result));
    if (is_gone(result.error()))
        return std::optional<T>();
    return result.error();
}

/// For each cgroup the topmost one, from it up to the root, that is killed as a whole: see
/// mem_cgroup_get_oom_group() in mm/memcontrol.c.
class OomGroups {
  public:
    explicit OomGroups(std::string mount) : mount_(std::move(mount)) {}

    const std::string& of(const std::string& cgroup) {
        const auto [at, is_new] = groups_.try_emplace(cgroup);
        std::string& group = at->second;  // which insertions leave in place
        if (!is_new || cgroup.size() <= 1)
            return group;
        group = of(cgroup.substr(0, cgroup.rfind('/')));
        // One that has gone, or lies outside the mount ("/.."), is not killed as a whole.
        if (group.empty() && !cgroup.starts_with("/..")) {
            const auto is_group = sys::has_oom_group(mount_ + cgroup);
            if (is_group && *is_group)
                group = cgroup;
        }
        return group;
    }

  private:
    std::string mount_;
    std::unordered_map<std::string, std::string> groups_;
};

/// The cgroup of a process that was read before; nullopt if that has ended.
Result<std::optional<std::string>> cgroup_of(const sys::Procfs& procfs, ProcessId id) {
    const auto process = procfs.open_process(id.pid);
    if (!process)
        return unless_gone<std::string>(process.error());
    auto snapshot = process->read_stat();
    if (!snapshot)
        return unless_gone<std::string>(snapshot.error());
    if (snapshot->id != id)
        return std::optional<std::string>();
    if (const auto done = process->read_cgroup(*snapshot); !done)
        return unless_gone<std::string>(done.error());
    return std::optional(std::move(snapshot->cgroup));
}

/// The first `most`, with their cgroups. These were not read before if few are wanted.
Result<std::vector<Ranked>> with_cgroups(std::vector<Ranked> ranked, const sys::Procfs& procfs,
                                         const Result<std::string>& mount, std::size_t most) {
    std::optional<OomGroups> groups;
    if (mount)
        groups.emplace(*mount);
    std::vector<Ranked> first;
    for (Ranked& one : ranked) {
        if (first.size() == most)
            break;
        if (one.candidate.cgroup.empty()) {
            auto cgroup = cgroup_of(procfs, one.candidate.id);
            if (!cgroup)
                return cgroup.error();
            if (!*cgroup)
                continue;
            one.candidate.cgroup = **std::move(cgroup);
        }
        if (groups)
            one.candidate.group = groups->of(one.candidate.cgroup);
        first.push_back(std::move(one));
    }
    return first;
}

}  // namespace

Result<std::vector<Ranked>> kill_order(const Guard& guard, const sys::Procfs& procfs,
                                       const Result<std::string>& cgroup_mount, std::size_t most) {
    const auto machine = sys::machine_memory();
    if (!machine)
        return machine.error();
    const auto pids = procfs.pids();
    if (!pids)
        return pids.error();
    Candidates candidates(guard, procfs, most >= pids->size());
    for (const Pid pid : *pids) {
        if (auto done = candidates.append(pid); !done)
            return done.error();
    }
    sort_by_age(candidates.list);
    return with_cgroups(
        rank(std::move(candidates.list), (machine->ram + machine->swap) / sys::page_size()), procfs,
        cgroup_mount, most);
}

Result<std::vector<std::pair<ProcessId, std::uint64_t>>> memory_of_held(const Guard& guard,
                                                                        const sys::Procfs& procfs) {
    std::vector<std::pair<ProcessId, std::uint64_t>> memory;
    for (const auto& [pid, holding] : guard.holdings()) {
        const auto process = procfs.open_process(pid);
        const auto snapshot = process ? process->read_stat() : process.error();
        if (snapshot && snapshot->id != holding.id)
            continue;
        const auto use = snapshot ? process->read_memory() : snapshot.error();
        if (!use && !is_gone(use.error()))
            return use.error();
        if (use && use->bytes)
            memory.emplace_back(holding.id, *use->bytes);
    }
    return memory;
}

}  // namespace oomguard::daemon
