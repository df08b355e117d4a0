// SPDX-License-Identifier: MIT
#include "daemon/event_history.hpp"

#include <cerrno>
#include <vector>

#include "support/catch.hpp"

namespace oomguard::daemon {
namespace {

using Event = EventHistory::Event;

std::uint64_t time_now = 0;

std::uint64_t tick() {
    return ++time_now;
}

Holding job() {
    Holding holding;
    holding.id = {4711, 99};
    holding.name = "train\n";
    holding.rule = "keep";
    holding.written = Written{100, 500, false, std::nullopt};
    holding.original = 100;
    holding.wanted = 500;
    holding.current = 300;
    return holding;
}

/// What is remembered of this after 41 ticks.
template <typename Tell>
std::vector<Event> told(Tell tell) {
    time_now = 41;
    EventHistory history(tick);
    tell(history);
    return history.events();
}

Event about_job(const char* signal, int before, int after, const char* detail) {
    return {42, signal, {4711, 99}, "train\n", "keep", before, after, detail};
}

Event about_rules(const char* signal, int after, const char* detail) {
    return {42, signal, {}, "", "", 0, after, detail};
}

}  // namespace

TEST_CASE("Each event is remembered as its signal, with a value before and one after") {
    CHECK(told([](EventHistory& history) { history.on_held(job()); }) ==
          std::vector{about_job("ProcessHeld", 100, 500, "")});
    CHECK(told([](EventHistory& history) {
              history.on_released(job(), ReleaseReason::Unmatched, 100);
          }) == std::vector{about_job("ProcessReleased", 500, 100, "unmatched")});
    CHECK(told([](EventHistory& history) { history.on_drifted(job(), 7, true); }) ==
          std::vector{about_job("ScoreDrifted", 7, 500, "repaired")});
    CHECK(told([](EventHistory& history) { history.on_drifted(job(), 7, false); }) ==
          std::vector{about_job("ScoreDrifted", 7, 500, "left")});
    CHECK(told([](EventHistory& history) {
              history.on_refused(job(), errno_error(EACCES, "write it"));
          }) == std::vector{about_job("WriteRefused", 300, 500, "write it: Permission denied")});
    CHECK(told([](EventHistory& history) { history.rules_reloaded(3, 12); }) ==
          std::vector{about_rules("RulesReloaded", 12, "3")});
    CHECK(told([](EventHistory& history) { history.rules_rejected(3); }) ==
          std::vector{about_rules("RulesRejected", 0, "3")});
}

TEST_CASE("What no signal tells is not remembered") {
    CHECK(told([](EventHistory& history) {
              history.on_dry_run(job());
              history.on_released(job(), ReleaseReason::Inherited, 100);
              history.on_unreadable(4711, errno_error(EACCES, "read it"));
          }).empty());
}

TEST_CASE("The latest events are remembered, the oldest first, and nothing of those before") {
    EventHistory history(tick);
    for (std::uint64_t generation = 1; generation <= 1000; ++generation) {
        history.on_held(job());
        history.rules_rejected(generation);
        const auto events = history.events();
        REQUIRE(events.size() == std::min<std::size_t>(2 * generation, EventHistory::kMostEvents));
        CHECK(events.back().detail == std::to_string(generation));
        CHECK(events.back().name.empty());
        for (std::size_t index = 1; index < events.size(); ++index)
            CHECK(events[index - 1].usec + 1 == events[index].usec);
    }
}

}  // namespace oomguard::daemon
