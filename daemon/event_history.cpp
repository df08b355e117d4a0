// SPDX-License-Identifier: MIT
#include "daemon/event_history.hpp"

#include <algorithm>
#include <limits>

#include "daemon/event_log.hpp"

namespace oomguard::daemon {

void EventHistory::on_held(const Holding& holding) {
    Event& event = next("ProcessHeld", holding);
    event.before = holding.original;
    event.after = holding.wanted;
}

void EventHistory::on_dry_run(const Holding& /*holding*/) {}

void EventHistory::on_released(const Holding& holding, ReleaseReason reason, int value) {
    // Nobody was told that it is held.
    if (reason == ReleaseReason::Inherited)
        return;
    Event& event = next("ProcessReleased", holding);
    event.before = holding.written ? holding.written->value : value;
    event.after = value;
    event.detail = reason_text(reason);
}

void EventHistory::on_drifted(const Holding& holding, int found, bool repaired) {
    Event& event = next("ScoreDrifted", holding);
    event.before = found;
    event.after = holding.wanted;
    event.detail = repaired ? "repaired" : "left";
}

void EventHistory::on_refused(const Holding& holding, const Error& error) {
    Event& event = next("WriteRefused", holding);
    event.before = holding.current;
    event.after = holding.wanted;
    event.detail = error.message();
}

void EventHistory::on_unreadable(Pid /*pid*/, const Error& /*error*/) {}

void EventHistory::process_killed(const Kill& kill) {
    Event& event = next("ProcessKilled");
    event.id = kill.id;
    event.name = kill.id.pid == 0 ? kill.cgroup : kill.name;
    event.rule = kill.rule;
    event.before = event.after = kill.score.value_or(std::numeric_limits<int>::max());
    event.detail = killer_text(kill.killer);
}

void EventHistory::rules_reloaded(std::uint64_t generation, std::size_t rules) {
    Event& event = next("RulesReloaded");
    event.after = static_cast<int>(rules);
    event.detail = std::to_string(generation);
}

void EventHistory::rules_rejected(std::uint64_t generation) {
    next("RulesRejected").detail = std::to_string(generation);
}

std::vector<EventHistory::Event> EventHistory::events() const {
    std::vector<Event> events;
    const std::size_t size = std::min(count_, kMostEvents);
    for (std::size_t index = count_ - size; index < count_; ++index)
        events.push_back(ring_.at(index % kMostEvents));
    return events;
}

EventHistory::Event& EventHistory::next(std::string_view signal) {
    Event& event = ring_.at(count_++ % kMostEvents);
    event.usec = clock_();
    event.signal = signal;
    event.id = {};
    // Cleared, not made anew: their memory is used again.
    for (std::string* text : {&event.name, &event.rule, &event.detail})
        text->clear();
    event.before = 0;
    event.after = 0;
    return event;
}

EventHistory::Event& EventHistory::next(std::string_view signal, const Holding& holding) {
    Event& event = next(signal);
    event.id = holding.id;
    event.name = holding.name;
    event.rule = holding.rule;
    return event;
}

}  // namespace oomguard::daemon
