// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/text.hpp"
#include "daemon/notify.hpp"
#include "daemon/service.hpp"

namespace oomguard::daemon {
namespace {

template <typename Counted>
std::size_t count_if(const std::map<Pid, Holding>& holdings, Counted is_counted) {
    return static_cast<std::size_t>(
        std::count_if(holdings.begin(), holdings.end(),
                      [&](const auto& entry) { return is_counted(entry.second); }));
}

std::size_t count(const std::map<Pid, Holding>& holdings, Holding::State state) {
    return count_if(holdings, [&](const Holding& holding) { return holding.state == state; });
}

std::size_t count_would_be_held(const std::map<Pid, Holding>& holdings) {
    return count_if(holdings, [](const Holding& holding) {
        return holding.state == Holding::State::DryRun && !holding.rule.empty();
    });
}

std::size_t count_clipped(const std::map<Pid, Holding>& holdings, Clipping clipping) {
    return count_if(holdings, [clipping](const Holding& holding) {
        return holding.clipping == clipping && holding.state == Holding::State::Held;
    });
}

}  // namespace

std::vector<std::string> Service::degraded() const {
    std::vector<std::string> texts;
    if (processes_are_hidden_)
        texts.emplace_back(
            "processes of other users are hidden: /proc is mounted with hidepid, or by "
            "ProtectProc=; give the daemon CAP_SYS_PTRACE");
    if (!rejection_.empty())
        texts.push_back(rejection_ + "; see the log, or run oom-guardd --check-config");
    for (auto& missing : privileges_.missing(guard_.rules(), settings_.sources))
        texts.push_back(std::move(missing));
    for (const auto& source : sources()) {
        const bool is_partial = source.works() && !source.reason.empty();
        if (source.status == SourceState::Status::Failed)
            texts.push_back("source " + source.name + " does not work: " + source.reason);
        else if (is_partial)
            texts.push_back("source " + source.name + " works in part: " + source.reason);
    }
    if (ledger_.failure())
        texts.push_back(
            "original scores cannot be recorded, and would be lost if the daemon were "
            "killed: " +
            *ledger_.failure());
    if (kills_.failure())
        texts.push_back("kills cannot be recorded, and are forgotten when the daemon ends: " +
                        *kills_.failure());
    if (!sweep_failure_.empty())
        texts.push_back("processes cannot be listed: " + sweep_failure_);
    if (!memory_lock_failure_.empty())
        texts.push_back("memory is not locked, the daemon may be slow when memory is short: " +
                        memory_lock_failure_ + "; set LimitMEMLOCK=infinity");
    if (const auto over = guard_.counters().over_limit; over > 0)
        texts.push_back(
            fmt::format("{} matching processes are not held, there are too many; narrow the rules "
                        "or raise limits.held_processes",
                        over));
    if (const auto fighting = count(guard_.holdings(), Holding::State::Drifting); fighting > 0)
        texts.push_back(counted(fighting, "process keeps", "processes keep") +
                        " changing a held score; see ListProcesses");
    for (const auto& [rule, share] : guard_.held_back())
        texts.push_back("rule '" + guard_.rules().rules()[rule].name +
                        "' is held back, because it would lower more than half of all processes, "
                        "which is to offer the others: narrow it, or say broad: true");
    if (const auto clipped = count_clipped(guard_.holdings(), Clipping::Unkillable); clipped > 0)
        texts.push_back(fmt::format(
            "{} held at -999 instead of -1000: those at -1000 may use {} % of RAM and swap "
            "together; let the rule want -999, or raise limits.unkillable_memory",
            counted(clipped, "process is", "processes are"), settings_.limits.unkillable_memory));
    if (const auto clipped = count_clipped(guard_.holdings(), Clipping::MemoryLimit); clipped > 0)
        texts.push_back(
            counted(clipped, "process is", "processes are") +
            " held at -999 instead of -1000: a cgroup with a memory.max in which all are "
            "unkillable would hang; lift the limit, or let the rule want -999");
    add_oomd_texts(texts);
    if (const auto refused = count(guard_.holdings(), Holding::State::Refused); refused > 0)
        texts.push_back(counted(refused, "process", "processes") +
                        " could not be set; see ListProcesses and the log");
    return texts;
}

std::string Service::status_text() const {
    const auto held = count(guard_.holdings(), Holding::State::Held);
    std::string text = fmt::format("Holding {} of {} by {}", held,
                                   counted(guard_.counters().processes, "process", "processes"),
                                   counted(guard_.rules().rules().size(), "rule"));
    if (settings_.dry_run)
        text += fmt::format("; dry run, nothing is written, {} more would be held",
                            count_would_be_held(guard_.holdings()));
    if (!bus_.failure().empty())
        text += "; no connection to the bus: " + bus_.failure();
    for (const auto& degraded : degraded())
        text += "; " + degraded.substr(0, degraded.find(';'));
    return text;
}

/// What a stop leaves behind that gives nothing back.
std::string Service::left_text() const {
    const auto left = count_if(guard_.holdings(), [](const Holding& holding) {
        return holding.written && holding.written->is_owed();
    });
    std::string text = counted(left, "score");
    if (const auto marks = ledger_.ledger().marks.size(); marks > 0)
        text += " and what systemd-oomd is told of " + counted(marks, "cgroup");
    text += " left as set, ";
    if (settings_.dry_run)
        return text + std::to_string(count_would_be_held(guard_.holdings())) +
               " more would be: this is a dry run";
    return text + "restore_on_stop is off";
}

void Service::tell_changes() {
    change_pending_ = false;
    const auto now = degraded();
    for (const auto& text : now) {
        // The counts within change all the time, and each event was logged by itself.
        const bool is_count = text.front() >= '0' && text.front() <= '9';
        const bool is_logged = text.starts_with(rejection_) && !rejection_.empty();
        if (!is_count && !is_logged && !told_degraded_.contains(text))
            spdlog::warn("degraded: {}", text);
    }
    told_degraded_ = {now.begin(), now.end()};
    // Only what is new: a message waits for the service manager to have read those before it.
    if (std::string status = status_text(); status != told_status_) {
        notify_status(status);
        told_status_ = std::move(status);
    }
    bus_.with_object([](ManagerObject& object) { object.emit_changed_properties(); });
}

}  // namespace oomguard::daemon
