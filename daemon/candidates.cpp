// SPDX-License-Identifier: MIT
#include "daemon/candidates.hpp"

#include <utility>

#include "sys/machine_memory.hpp"

namespace oomguard::daemon {

Result<void> Candidates::append(Pid pid) {
    auto candidate = read(pid);
    if (!candidate && is_gone(candidate.error()))
        return {};
    if (!candidate)
        return candidate.error();
    if (*candidate)
        list.push_back(**std::move(candidate));
    return {};
}

Result<std::optional<Candidate>> Candidates::read(Pid pid) const {
    if (pid <= 1)
        return std::optional<Candidate>();
    const auto process = procfs_.open_process(pid);
    if (!process)
        return process.error();
    // First, because it tells kernel threads and zombies as well.
    const auto memory = process->read_memory();
    if (!memory)
        return memory.error();
    if (!memory->bytes)
        return std::optional<Candidate>();
    const auto score = process->read_oom_score_adj();
    if (!score)
        return score.error();
    auto snapshot = process->read_stat();
    if (!snapshot)
        return snapshot.error();
    if (const auto done = reads_cgroups_ ? process->read_cgroup(*snapshot) : Result<void>(); !done)
        return done.error();
    Candidate candidate;
    candidate.id = snapshot->id;
    candidate.name = std::move(snapshot->comm);
    candidate.uid = memory->uid;
    candidate.cgroup = std::move(snapshot->cgroup);
    candidate.pages = *memory->bytes / sys::page_size();
    put_scores(*score, candidate);
    return std::optional(std::move(candidate));
}

void Candidates::put_scores(int current, Candidate& candidate) const {
    candidate.score = current;
    candidate.unruled_score = current;
    const auto held = guard_.holdings().find(candidate.id.pid);
    if (held == guard_.holdings().end() || held->second.id != candidate.id)
        return;
    const Holding& holding = held->second;
    candidate.rule = holding.rule;
    if (holding.state == Holding::State::DryRun)
        candidate.score = holding.wanted;
    // Not where someone else has set the score since.
    if (holding.written && holding.written->is_owed() && holding.written->value == current)
        candidate.unruled_score = holding.original;
}

}  // namespace oomguard::daemon
