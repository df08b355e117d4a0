// SPDX-License-Identifier: MIT
#include <filesystem>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/text.hpp"
#include "daemon/kill_log.hpp"
#include "daemon/service.hpp"

// What the service knows of those that are killed, and whom it tells of them.
namespace oomguard::daemon {
namespace {

/// Reads what can be read of one that may be ending.
void look_at(const sys::ProcDir& process, Snapshot& snapshot, Victim& victim) {
    victim.id = snapshot.id;
    victim.name = printable(snapshot.comm);
    if (process.read_credentials(snapshot))
        victim.uid = snapshot.uid;
    if (process.read_cgroup(snapshot))
        victim.cgroup = printable(snapshot.cgroup);
    if (const auto score = process.read_oom_score_adj())
        victim.score = *score;
    if (const auto memory = process.read_memory())
        victim.memory = memory->bytes.value_or(0);
}

/// For one that cannot be read any more.
void remember(Pid pid, const LastSeen::Seen& seen, Victim& victim) {
    victim.id = {pid, seen.start_time};
    victim.name = printable(seen.comm);
    victim.uid = seen.uid;
    victim.cgroup = printable(*seen.cgroup);
}

/// The same, of one that is held.
void remember(const Holding& holding, Victim& victim) {
    victim.id = holding.id;
    victim.name = printable(holding.name);
    victim.uid = holding.uid;
    if (!holding.cgroup.empty())
        victim.cgroup = printable(holding.cgroup);
    victim.score = holding.current;
}

}  // namespace

KillWatch::Hooks Service::kill_hooks() {
    return {
        .look_up = [this](Pid pid) { return look_up(pid); },
        .killed = [this](const Kill& kill,
                         std::optional<std::uint64_t> sequence) { on_killed(kill, sequence); },
        .source_changed =
            [this](const SourceState& source) {
                if (source.works())
                    spdlog::info("source {} works", source.name);
                finder_.set_kills_wanted(kill_watch_.misses_kernel_log());
                changed();
            },
        .do_cgroups_tell = [this] { return finder_.do_cgroups_work(); },
        .lost =
            [](const std::string& source, const std::string& what) {
                spdlog::warn("source {}: {}, kills may not be told", source, what);
            },
    };
}

/// The path of a cgroup in the tree, by its directory.
std::string Service::cgroup_of(const std::string& directory) const {
    const auto& mount = table_.cgroup_mount();
    const std::string path =
        mount && directory.starts_with(*mount) ? directory.substr(mount->size()) : directory;
    return path.empty() ? "/" : path;
}

void Service::open_kills() {
    std::error_code failure;
    // A dry run by the command line stands beside the real one, whose record it leaves alone.
    if (!options_.dry_run)
        std::filesystem::create_directories(options_.state_directory, failure);
    if (const auto opened = kills_.open(options_.dry_run); !opened)
        spdlog::error("the kills of earlier runs are not known: {}", opened.error().message());
    else if (*opened > 0)
        spdlog::warn("the record of kills had {} that could not be read, ignoring them",
                     counted(*opened, "line"));
}

std::optional<Victim> Service::look_up(Pid pid) {
    Victim victim;
    const auto process = table_.procfs().open_process(pid);
    auto snapshot = process ? process->read_stat() : process.error();
    if (snapshot)
        look_at(*process, *snapshot, victim);
    victim.is_there = snapshot.has_value();
    // Its parent may wait for it while it is looked at: then there is a part of it.
    const bool is_whole = snapshot && !victim.cgroup.empty();
    const auto is_it = [&](ProcessId id) { return !snapshot || id == snapshot->id; };
    const LastSeen::Seen* seen = last_seen_.find(pid);
    if (seen != nullptr && !is_whole && is_it({pid, seen->start_time}))
        remember(pid, *seen, victim);
    const auto held = guard_.holdings().find(pid);
    if (held != guard_.holdings().end() && is_it(held->second.id)) {
        const Holding& holding = held->second;
        if (!is_whole)
            remember(holding, victim);
        victim.rule = printable(holding.rule);
        const bool is_meant = !holding.rule.empty() && holding.state != Holding::State::DryRun;
        if (is_meant && holding.wanted < 0)
            victim.protection.wanted = holding.wanted;
    }
    const auto& wishes = guard_.wishes().all();
    if (const auto wish = wishes.find(pid); wish != wishes.end() && wish->second.id == victim.id) {
        victim.protection.from_oomd = true;
        if (victim.rule.empty())
            victim.rule = printable(wish->second.rule);
        if (victim.cgroup.empty())
            victim.cgroup = printable(wish->second.cgroup);
    }
    if (victim.id.pid == 0)
        return std::nullopt;
    return victim;
}

std::optional<Snapshot> Service::read_what_to_note(Pid pid) const {
    const auto process = table_.procfs().open_process(pid);
    auto snapshot = process ? process->read_stat() : process.error();
    if (!snapshot || !process->read_credentials(*snapshot) || !process->read_cgroup(*snapshot))
        return std::nullopt;
    return *std::move(snapshot);
}

void Service::note_who_is_there() {
    last_seen_.update(guard_.present(), [this](Pid pid) { return read_what_to_note(pid); });
}

/// Programs move to another cgroup just after their start.
void Service::note_settled(Pid pid) {
    auto snapshot = read_what_to_note(pid);
    if (snapshot && !snapshot->kernel_thread)
        last_seen_.note(*std::move(snapshot));
}

void Service::on_killed(const Kill& kill, std::optional<std::uint64_t> sequence) {
    if (sequence && kills_.recognize(kill, *sequence))
        return;
    kills_.add(kill, sequence);
    log_kill(kill);
    history_.process_killed(kill);
    bus_.with_object([&](ManagerObject& object) { object.process_killed(kill); });
    changed();
}

void Service::systemd_oomd_killed(const std::string& cgroup, const std::string& reason) {
    kill_watch_.oomd_killed(cgroup, reason);
}

}  // namespace oomguard::daemon
