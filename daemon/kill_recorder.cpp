// SPDX-License-Identifier: MIT
#include "daemon/kill_recorder.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/text.hpp"

namespace oomguard::daemon {
namespace {

constexpr std::size_t kMostTold = 1024;
/// Without news of its end one is looked at so often.
constexpr std::chrono::seconds kLookPause{1};

std::uint64_t usec_between(Time from, Time to) {
    const auto between = std::chrono::duration_cast<std::chrono::microseconds>(to - from);
    return static_cast<std::uint64_t>(between.count());
}

/// Whether a killer may mean it by this name: the names of some that are gone are not known.
bool may_be_called(const Victim& victim, const std::string& name) {
    return victim.name.empty() || victim.name == printable(name);
}

std::string why_oomd(const std::string& reason) {
    if (reason == "memory-used")
        return "memory and swap were used up";
    if (reason == "memory-pressure")
        return "memory pressure was high";
    return printable(reason);
}

}  // namespace

void KillRecorder::ended(Pid pid, int signal, Time now) {
    const auto doomed = std::find_if(doomed_.begin(), doomed_.end(),
                                     [pid](const Doomed& one) { return one.victim.id.pid == pid; });
    if (doomed != doomed_.end()) {
        const Doomed ended = std::move(*doomed);
        doomed_.erase(doomed);
        tell_doomed(ended);
        return;
    }
    if (signal != SIGKILL && signal != SIGTERM && !all_ends_count_)
        return;
    Victim victim = hooks_.look_up(pid).value_or(Victim{.id = {pid, 0}});
    if (is_accounted_for(victim.id))
        return;
    if (const auto claim = take_claim(victim, now)) {
        tell_doomed({claim->killer, std::move(victim), hooks_.situation(), now, now}, claim->name);
        return;
    }
    if (CgroupKill* killing = killing_of(victim, now); killing != nullptr && signal == SIGKILL) {
        tell_cgroup(*killing, victim);
        return;
    }
    add_end({signal, now, std::move(victim)});
}

/// Those of protected processes stay: nobody can drive them out by ending many others. And what
/// ends without a signal is a killer's only where it had sent one.
int KillRecorder::End::rank() const {
    if (victim.protection.is_any())
        return signal == SIGKILL ? 3 : 2;
    return signal == 0 ? 0 : 1;
}

bool KillRecorder::End::is_kill() const {
    return signal == SIGKILL && victim.protection.is_any();
}

void KillRecorder::add_end(End end) {
    ends_.push_back(std::move(end));
    if (ends_.size() <= kMostEnds)
        return;
    const auto least = std::min_element(
        ends_.begin(), ends_.end(), [](const End& a, const End& b) { return a.rank() < b.rank(); });
    const End out = std::move(*least);
    ends_.erase(least);
    if (out.is_kill())
        tell_unknown(out, ends_.back().at);
}

void KillRecorder::oomd_killed(const std::string& cgroup, const std::string& reason, Time now) {
    // All that is left of it when it is killed again is of the new killing.
    std::erase_if(cgroups_, [&](const CgroupKill& killing) {
        return killing.grounds.killer == Killer::SystemdOomd && killing.cgroup == printable(cgroup);
    });
    add_cgroup_kill(
        {.grounds = {.killer = Killer::SystemdOomd, .was_by_swap = reason == "memory-used"},
         .cgroup = printable(cgroup),
         .situation = why_oomd(reason) + "; " + hooks_.situation(),
         .usec = hooks_.realtime(),
         .until = now + kDyingOfPressure,
         .batch = new_batch(),
         .start_time = hooks_.start_time_now()},
        now);
}

void KillRecorder::add_cgroup_kill(CgroupKill killing, Time now) {
    // Where it is only known how many, the last to end are the likeliest.
    const auto turn_if_counted = [&] {
        if (killing.left)
            std::reverse(ends_.begin(), ends_.end());
    };
    turn_if_counted();
    for (End& end : std::exchange(ends_, {})) {
        const bool is_new = now < end.at + kEndToCgroup;
        if (is_new && end.signal == SIGKILL && killing.covers(end.victim))
            tell_cgroup(killing, end.victim);
        else
            ends_.push_back(std::move(end));
    }
    turn_if_counted();
    cgroups_.push_back(std::move(killing));
}

bool KillRecorder::is_in(const std::string& cgroup, const std::string& ancestor) {
    return cgroup == ancestor || cgroup.starts_with(ancestor == "/" ? ancestor : ancestor + "/");
}

bool KillRecorder::CgroupKill::covers(const Victim& victim) const {
    // What is started again, in a cgroup of the same name, was not killed then.
    if (victim.id.start_time > start_time)
        return false;
    if (!left)
        return is_in(victim.cgroup, cgroup);
    if (*left == 0)
        return false;
    if (!unit.empty())
        return (victim.cgroup + "/").find("/" + unit + "/") != std::string::npos;
    return victim.cgroup == cgroup;
}

void KillRecorder::signal_sent(Killer killer, Pid pid, const std::string& name, Time now,
                               bool may_be_forged) {
    auto ended = take_end([&](const End& one) {
        return one.victim.id.pid == pid && may_be_called(one.victim, name) &&
               (one.signal != 0 || !may_be_forged);
    });
    if (ended) {
        tell_doomed({killer, *std::move(ended), hooks_.situation(), now, now}, name);
        return;
    }
    if (may_be_forged)
        return;
    auto victim = hooks_.look_up(pid);
    // A line alone is not believed: what earlyoom logs has arguments in it, with newlines and all.
    if (!victim || !victim->is_there) {
        claims_.push_back({killer, pid, name, now + kEndToCome});
        if (claims_.size() > kMostUnsettled)
            claims_.pop_front();
    } else if (victim->name == printable(name) && !is_accounted_for(victim->id)) {
        await_end(killer, *std::move(victim), now);
    }
}

void KillRecorder::await_end(Killer killer, Victim victim, Time now) {
    // Two signals may be sent to one process.
    std::erase_if(doomed_, [&](const Doomed& one) { return one.victim.id == victim.id; });
    doomed_.push_back(
        {killer, std::move(victim), hooks_.situation(), now + kLookPause, now + kDying});
}

void KillRecorder::settle(Time now) {
    if (kernel_due_ && now >= *kernel_due_)
        settle_kernel(now);
    settle_ends(now);
    settle_cgroups(now);
    settle_doomed(now);
}

std::optional<Time> KillRecorder::next_due() const {
    std::optional<Time> due = kernel_due_;
    const auto consider = [&due](Time time) { due = due ? std::min(*due, time) : time; };
    if (!ends_.empty())
        consider(ends_.front().at + kWait);
    for (const CgroupKill& killing : cgroups_)
        consider(killing.until);
    for (const Doomed& one : doomed_)
        consider(std::min(one.look_at, one.until));
    return due;
}

void KillRecorder::settle_kernel(Time now) {
    kernel_due_.reset();
    const auto seen = std::exchange(seen_, {});
    for (const KernelKill& found : kernel_.take()) {
        const auto at = seen.find(found.sequence);
        const bool is_past = at == seen.end() || !at->second;
        tell_kernel(found, is_past ? Victim{.id = {found.pid, 0}} : *at->second, is_past, now);
    }
}

void KillRecorder::tell_unknown(const End& end, Time now) {
    Kill kill;
    kill.usec = hooks_.realtime() - usec_between(end.at, now);
    kill.killer = Killer::Unknown;
    kill.batch = new_batch();
    tell(std::move(kill), end.victim, {.killer = Killer::Unknown});
}

void KillRecorder::settle_cgroups(Time now) {
    for (CgroupKill& killing : cgroups_) {
        if (now < killing.until)
            continue;
        const std::uint64_t at_least = killing.has_victims ? 0 : 1;
        const std::uint64_t missing = killing.left.value_or(at_least);
        for (std::uint64_t count = 0; count < std::min<std::uint64_t>(missing, kMostTold); ++count)
            tell_cgroup(killing, {.cgroup = killing.cgroup});
    }
    std::erase_if(cgroups_, [now](const CgroupKill& killing) { return now >= killing.until; });
}

void KillRecorder::settle_doomed(Time now) {
    for (Doomed& one : std::exchange(doomed_, {})) {
        const auto found = now >= std::min(one.look_at, one.until)
                               ? hooks_.look_up(one.victim.id.pid)
                               : std::optional(one.victim);
        if (!found || !found->is_there || found->id != one.victim.id) {
            tell_doomed(one);
        } else if (now < one.until) {
            one.look_at = now >= one.look_at ? now + kLookPause : one.look_at;
            doomed_.push_back(std::move(one));
        }
    }
}

KillRecorder::CgroupKill* KillRecorder::killing_of(const Victim& victim, Time now) {
    for (CgroupKill& killing : cgroups_) {
        if (killing.covers(victim) && now < killing.until)
            return &killing;
    }
    return nullptr;
}

std::optional<Victim> KillRecorder::take_end(const std::function<bool(const End& end)>& is_it) {
    const auto end = std::find_if(ends_.begin(), ends_.end(), is_it);
    if (end == ends_.end())
        return std::nullopt;
    Victim victim = std::move(end->victim);
    ends_.erase(end);
    return victim;
}

std::optional<KillRecorder::Claim> KillRecorder::take_claim(const Victim& victim, Time now) {
    std::erase_if(claims_, [now](const Claim& claim) { return now >= claim.until; });
    const auto claim = std::find_if(claims_.begin(), claims_.end(), [&](const Claim& one) {
        return one.pid == victim.id.pid && may_be_called(victim, one.name);
    });
    if (claim == claims_.end())
        return std::nullopt;
    Claim taken = std::move(*claim);
    claims_.erase(claim);
    return taken;
}

bool KillRecorder::is_accounted_for(ProcessId id) const {
    constexpr std::uint64_t kLately = std::chrono::microseconds(kDying).count();
    const bool is_known = id.start_time != 0;
    const auto is_it = [&](ProcessId other) {
        return is_known && other.start_time != 0 ? other == id : other.pid == id.pid;
    };
    const std::uint64_t now = hooks_.realtime();
    return std::any_of(told_.begin(), told_.end(),
                       [&](const Told& one) {
                           const bool is_sure = is_known && one.id.start_time != 0;
                           return is_it(one.id) && (is_sure || now < one.usec + kLately);
                       }) ||
           std::any_of(seen_.begin(), seen_.end(),
                       [&](const auto& one) { return one.second && is_it(one.second->id); });
}

std::uint64_t KillRecorder::new_batch() {
    last_batch_ = std::max(hooks_.realtime(), last_batch_ + 1);
    return last_batch_;
}

bool KillRecorder::is_killing(std::uint64_t batch) const {
    return std::any_of(cgroups_.begin(), cgroups_.end(),
                       [batch](const CgroupKill& killing) { return killing.batch == batch; });
}

void KillRecorder::tell_cgroup(CgroupKill& killing, const Victim& victim) {
    killing.has_victims = true;
    if (killing.left && *killing.left > 0)
        --*killing.left;
    Kill kill;
    const bool was_seen = victim.id.pid != 0;
    kill.usec = was_seen ? hooks_.realtime() : killing.usec;
    kill.killer = killing.grounds.killer;
    kill.limit = killing.grounds.limit;
    kill.situation = killing.situation;
    kill.batch = killing.batch;
    tell(std::move(kill), victim, killing.grounds);
}

void KillRecorder::tell_doomed(const Doomed& doomed, const std::string& name) {
    Kill kill;
    if (doomed.victim.name.empty())
        kill.name = printable(name);
    kill.usec = hooks_.realtime();
    kill.killer = doomed.killer;
    kill.situation = doomed.situation;
    kill.batch = new_batch();
    tell(std::move(kill), doomed.victim, {.killer = doomed.killer});
}

void KillRecorder::tell(Kill kill, const Victim& victim, const KillGrounds& grounds,
                        std::optional<std::uint64_t> sequence) {
    kill.id = victim.id;
    kill.rule = victim.rule;
    if (kill.name.empty())
        kill.name = victim.name;
    if (kill.user.empty() && victim.uid)
        kill.user = hooks_.user(*victim.uid);
    if (!victim.cgroup.empty())
        kill.cgroup = victim.cgroup;
    if (!kill.score)
        kill.score = victim.score;
    if (kill.memory == 0)
        kill.memory = victim.memory;
    KillGrounds all = grounds;
    all.score = kill.score;
    kill.why = why_protection_failed(victim.protection, all);
    told_.push_back({kill.id, kill.usec});
    if (told_.size() > kMostTold)
        told_.pop_front();
    hooks_.killed(kill, sequence);
}

}  // namespace oomguard::daemon
