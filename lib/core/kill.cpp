// SPDX-License-Identifier: MIT
#include "core/kill.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace oomguard {
namespace {

constexpr std::array kKillerTexts = {
    std::pair{Killer::Kernel, "kernel"},     std::pair{Killer::SystemdOomd, "systemd-oomd"},
    std::pair{Killer::Earlyoom, "earlyoom"}, std::pair{Killer::Nohang, "nohang"},
    std::pair{Killer::Unknown, "unknown"},
};

std::string kernel_reason(const Protection& protection, const KillGrounds& grounds) {
    if (grounds.is_group)
        return "its whole cgroup was killed (memory.oom.group), and of such a cgroup only -1000 is "
               "spared: set memory.oom.group to 0 (OOMPolicy=continue in its unit), or hold it at "
               "-1000";
    if (!protection.wanted)
        return "systemd_oomd counts for systemd-oomd only: give its rule an oom_score_adj below 0";
    if (grounds.is_of_allocator)
        return "vm.oom_kill_allocating_task is set: the kernel kills whoever asks for memory then, "
               "whatever its oom_score_adj: set it to 0";
    if (grounds.score && *grounds.score != *protection.wanted)
        return "its oom_score_adj was " + std::to_string(*grounds.score) + " then, not the " +
               std::to_string(*protection.wanted) +
               " of its rule: someone else had changed it, or it could not be written; see the log";
    if (grounds.limit == kUnnamedLimit)
        return "a cgroup of its, or the machine, had run out of memory, and the kernel did not say "
               "which: it had the most points there, in spite of " +
               std::to_string(*protection.wanted) + "; see oom-guardctl rank, also with --cgroup";
    if (!grounds.limit.empty())
        return "its cgroup, or one above (" + grounds.limit +
               "), ran into its own memory.max, and only the processes in there count then: it had "
               "the most points of them, in spite of " +
               std::to_string(*protection.wanted) + "; raise memory.max, or its neighbours' scores";
    if (grounds.is_on_request)
        return "somebody asked the kernel to kill (SysRq f), and it had the most points of all, in "
               "spite of " +
               std::to_string(*protection.wanted);
    return "it had the most points of all, in spite of " + std::to_string(*protection.wanted) +
           ": the others are protected as well, or were too small; see oom-guardctl rank";
}

std::string oomd_reason(const Protection& protection, const KillGrounds& grounds) {
    if (!protection.from_oomd)
        return "systemd-oomd does not look at oom_score_adj: give its rule systemd_oomd: omit";
    if (grounds.was_by_swap)
        return "systemd-oomd went by the swap used, where it heeds marks on root's cgroups only, "
               "and takes one to be avoided when nothing else is left: run it in a unit of the "
               "system with systemd_oomd: omit, or switch that off (ManagedOOMSwap=auto)";
    return "systemd-oomd was not told in time or ignored it, or its rule says avoid and nothing "
           "else was left to kill; see oom-guardctl explain on its next run";
}

std::string program_reason(const Protection& protection, const char* killer) {
    if (!protection.wanted)
        return std::string(killer) +
               " does not read what systemd-oomd is told: give its rule an "
               "oom_score_adj below 0";
    if (*protection.wanted == -1000)
        return std::string(killer) +
               " spares -1000, unless it was told otherwise: look at its "
               "options, and at oom-guardctl explain on its next run";
    return std::string(killer) + " spares only -1000 for certain: with " +
           std::to_string(*protection.wanted) + " it was still the one with the most points";
}

}  // namespace

const char* killer_text(Killer killer) {
    const auto* found = std::find_if(kKillerTexts.begin(), kKillerTexts.end(),
                                     [killer](const auto& known) { return known.first == killer; });
    return found == kKillerTexts.end() ? "unknown" : found->second;
}

std::optional<Killer> killer_of(std::string_view text) {
    const auto* found = std::find_if(kKillerTexts.begin(), kKillerTexts.end(),
                                     [text](const auto& known) { return known.second == text; });
    if (found == kKillerTexts.end())
        return std::nullopt;
    return found->first;
}

std::string why_protection_failed(const Protection& protection, const KillGrounds& grounds) {
    if (!protection.is_any())
        return {};
    switch (grounds.killer) {
        case Killer::Kernel:
            return kernel_reason(protection, grounds);
        case Killer::SystemdOomd:
            return oomd_reason(protection, grounds);
        case Killer::Earlyoom:
        case Killer::Nohang:
            return program_reason(protection, killer_text(grounds.killer));
        case Killer::Unknown:
            break;
    }
    return "it was sent SIGKILL, against which nothing protects, by a person or a program: the "
           "kernel and the killers that are known here say nothing of it";
}

std::string kill_text(const Kill& kill) {
    std::string text;
    if (kill.id.pid == 0)
        text = "processes of cgroup " + kill.cgroup + " that could not be seen";
    else
        text = (kill.name.empty() ? "a process" : "'" + kill.name + "'") + " (pid " +
               std::to_string(kill.id.pid) + ")";
    if (!kill.user.empty())
        text += " of " + kill.user;
    if (kill.id.pid != 0 && !kill.cgroup.empty())
        text += " in " + kill.cgroup;
    text += kill.id.pid == 0 ? " were killed by " : " was killed by ";
    text += kill.killer == Killer::Unknown  ? "someone unknown"
            : kill.killer == Killer::Kernel ? "the kernel"
                                            : killer_text(kill.killer);
    if (kill.score)
        text += " at " + std::to_string(*kill.score);
    if (!kill.rule.empty())
        text += ", of rule '" + kill.rule + "'";
    else if (kill.id.start_time != 0)
        text += ", no rule meant it";
    if (!kill.situation.empty())
        text += "; " + kill.situation;
    if (!kill.why.empty())
        text += "; it was protected, but " + kill.why;
    return text;
}

}  // namespace oomguard
