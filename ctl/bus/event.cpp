// SPDX-License-Identifier: MIT
#include "ctl/bus/event.hpp"

#include <fmt/core.h>

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
    return fmt::format("{} {} ({}) {}", event.kind, event.name, event.pid, event.detail);
}

bool is_bad_news(const Event& event) {
    return event.kind == "WriteRefused" || event.kind == "RulesRejected" ||
           (event.kind == "ScoreDrifted" && event.detail != "repaired");
}

Json event_json(const Event& event) {
    Json json = {{"time_usec", event.when}, {"event", event.kind}};
    if (event.pid != 0) {
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
