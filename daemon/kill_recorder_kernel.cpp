// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "daemon/kill_recorder.hpp"

// What the kernel tells of its kills, and how one record is made of each.

namespace oomguard::daemon {
namespace {

std::string limit_of(const KernelKill& found) {
    if (!found.is_cgroup)
        return {};
    return found.limit.empty() ? kUnnamedLimit : printable(found.limit);
}

}  // namespace

void KillRecorder::kernel_logged(const KernelRecord& record, bool is_past, Time now) {
    const auto pid = kernel_.read(record);
    if (!pid)
        return;
    if (!kernel_due_ || seen_.size() < kMostUnsettled)
        kernel_due_ = now + kKernelWait;
    std::optional<Victim> victim;
    if (!is_past) {
        victim = take_end([pid](const End& one) { return one.victim.id.pid == *pid; });
        if (!victim)
            victim = hooks_.look_up(*pid).value_or(Victim{.id = {*pid, 0}});
        // Another may have sent it a signal before, and is not told as well.
        std::erase_if(doomed_, [pid](const Doomed& one) { return one.victim.id.pid == *pid; });
    }
    seen_.emplace(record.sequence, std::move(victim));
}

void KillRecorder::kernel_killed_in(const std::string& cgroup, std::uint64_t count, Time now) {
    add_cgroup_kill({.grounds = {.killer = Killer::Kernel, .limit = kUnnamedLimit},
                     .cgroup = printable(cgroup),
                     .situation = hooks_.situation(),
                     .usec = hooks_.realtime(),
                     .until = now + kDying,
                     .batch = new_batch(),
                     .start_time = hooks_.start_time_now(),
                     .left = count},
                    now);
}

void KillRecorder::kernel_killed_in_unit(const std::string& unit, Time now) {
    add_cgroup_kill({.grounds = {.killer = Killer::Kernel, .limit = kUnnamedLimit},
                     .cgroup = printable(unit),
                     .situation = hooks_.situation(),
                     .usec = hooks_.realtime(),
                     .until = now + kDying,
                     .batch = new_batch(),
                     .start_time = hooks_.start_time_now(),
                     .left = 1,
                     .unit = printable(unit)},
                    now);
}

void KillRecorder::settle_ends(Time now) {
    while (!ends_.empty() && now >= ends_.front().at + kWait) {
        const End end = std::move(ends_.front());
        ends_.pop_front();
        if (end.is_kill())
            tell_unknown(end, now);
    }
}

void KillRecorder::tell_kernel(KernelKill found, const Victim& victim, bool is_past, Time now) {
    if (!is_past && is_accounted_for(victim.id))
        return;
    // In a burst it may only seem so.
    if (!found.group.empty() && !victim.cgroup.empty() &&
        !is_in(victim.cgroup, printable(found.group)))
        leave_group(found);
    Kill kill;
    kill.usec = hooks_.realtime();
    if (is_past)
        kill.usec -= hooks_.log_time() - found.usec;
    if (std::exchange(kernel_batch_, found.batch) != found.batch)
        kernel_batch_told_ = new_batch();
    kill.batch = kernel_batch_told_;
    kill.killer = Killer::Kernel;
    kill.name = printable(found.name);
    kill.user = hooks_.user(found.uid);
    kill.cgroup = printable(found.cgroup);
    kill.score = found.score;
    kill.memory = found.memory;
    kill.limit = limit_of(found);
    kill.situation = found.situation;
    if (kill.situation.empty() && found.is_cgroup)
        kill.situation = "a cgroup ran into its memory.max";
    else if (kill.situation.empty() && !is_past)
        kill.situation = hooks_.situation();
    const KillGrounds grounds = {.killer = Killer::Kernel,
                                 .is_group = !found.group.empty(),
                                 .is_on_request = found.is_on_request,
                                 .is_of_allocator = found.is_of_allocator,
                                 .score = found.score,
                                 .limit = limit_of(found)};
    const CgroupKill rest = {.grounds = grounds,
                             .cgroup = printable(found.group),
                             .situation = kill.situation,
                             .usec = kill.usec,
                             .until = now + kDying,
                             .batch = kill.batch,
                             .start_time = hooks_.start_time_now(),
                             .has_victims = true};
    tell(std::move(kill), victim, grounds, found.last_sequence);
    // systemd may be quicker with the rest of the unit (OOMPolicy=kill) than the kernel.
    if (grounds.is_group && !is_past && !is_killing(rest.batch))
        add_cgroup_kill(rest, now);
}

}  // namespace oomguard::daemon
