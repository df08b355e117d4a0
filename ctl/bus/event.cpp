// SPDX-License-Identifier: MIT
#include "ctl/bus/event.hpp"

#include <fmt/core.h>

#include "ctl/bus/rows.hpp"
#include "ctl/killers.hpp"

namespace oomguard::ctl {
namespace {

std::string released_text(const Event& event) {
    if (event.detail == "gone")
        return fmt::format("{} ({}) has ended, was held at {} by '{}'", event.name, event.pid,
                           event.before.value_or(event.after), event.rule);
    const char* why = event.detail == "exempt" ? "its cgroup is exempt"
                      : event.detail == "stop" ? "the daemon stops"
                                               : "no rule means it any more";
    return fmt::format("released {} ({}) at {}: {}", event.name, event.pid, event.after, why);
}

std::string drifted_text(const Event& event) {
    if (event.detail == "repaired")
        return fmt::format("{} ({}) had been set to {}, put back to {} by '{}'", event.name,
                           event.pid, event.before.value_or(0), event.after, event.rule);
    return fmt::format("{} ({}) keeps setting itself to {}, left for now; '{}' wants {}",
                       event.name, event.pid, event.before.value_or(0), event.rule, event.after);
}

bool is_kill(const Event& event) {
    return event.kind == "ProcessKilled";
}

bool has_score(const Event& kill) {
    return kill.after != KillRow::kNoScore;
}

/// Of a cgroup that was killed before its processes were seen, the name is the cgroup's.
std::string killed_text(const Event& event) {
    std::string text = event.pid != 0       ? fmt::format("{} ({})", event.name, event.pid)
                       : event.name.empty() ? "a cgroup"
                                            : event.name;
    text += " was killed by " + killer_in_sentence(event.detail);
    if (has_score(event))
        text += fmt::format(" at {}", event.after);
    if (!event.rule.empty())
        text += fmt::format(", of rule '{}'", event.rule);
    return event.pid == 0 ? text + "; its processes were not seen" : text;
}

/// Killing whom a rule gives up for others is what was asked for.
bool is_loss(const Event& kill) {
    return !kill.rule.empty() && (!has_score(kill) || kill.after <= 0);
}

}  // namespace

std::string event_text(const Event& event) {
    if (event.kind == "ProcessHeld")
        return fmt::format("holding {} ({}) at {} by '{}', was {}", event.name, event.pid,
                           event.after, event.rule, event.before.value_or(0));
    if (event.kind == "ProcessReleased")
        return released_text(event);
    if (event.kind == "ScoreDrifted")
        return drifted_text(event);
    if (event.kind == "WriteRefused")
        return fmt::format("cannot set {} ({}) to {}, it stays at {}: {}", event.name, event.pid,
                           event.after, event.before.value_or(0), event.detail);
    if (event.kind == "RulesReloaded")
        return fmt::format("rules loaded, generation {}: {} in force", event.detail, event.after);
    if (event.kind == "RulesRejected")
        return fmt::format(
            "files rejected, the rules of generation {} stay in force; run oom-guardctl check",
            event.detail);
    if (is_kill(event))
        return killed_text(event);
    return fmt::format("{} {} ({}) {}", event.kind, event.name, event.pid, event.detail);
}

bool is_bad_news(const Event& event) {
    return event.kind == "WriteRefused" || event.kind == "RulesRejected" ||
           (event.kind == "ScoreDrifted" && event.detail != "repaired") ||
           (is_kill(event) && is_loss(event));
}

Json event_json(const Event& event) {
    Json json = {{"time_usec", event.when}, {"event", event.kind}};
    if (is_kill(event)) {
        const Json score = or_null(event.after, KillRow::kNoScore);
        json["pid"] = or_null(event.pid);
        json["start_time"] = or_null(event.start_time);
        json["name"] = or_null(event.name);
        json["rule"] = or_null(event.rule);
        json["before"] = score;
        json["after"] = score;
    } else if (event.pid != 0) {
        json["pid"] = event.pid;
        json["start_time"] = event.start_time;
        json["name"] = event.name;
        json["rule"] = or_null(event.rule);
        json["before"] = event.before ? Json(*event.before) : Json(nullptr);
        json["after"] = event.after;
    } else if (event.kind == "RulesReloaded") {
        json["rules"] = event.after;
    }
    json["detail"] = or_null(event.detail);
    return json;
}

}  // namespace oomguard::ctl
