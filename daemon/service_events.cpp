// SPDX-License-Identifier: MIT
#include <chrono>
#include <utility>

#include "daemon/service.hpp"

// Whom the service tells of what the guard has done.
namespace oomguard::daemon {
namespace {

/// Changes closer together than this are told as one.
constexpr std::chrono::milliseconds kChangePause{100};

}  // namespace

void Service::on_held(const Holding& holding) {
    log_.on_held(holding);
    history_.on_held(holding);
    bus_.with_object([&](ManagerObject& object) { object.on_held(holding); });
    changed();
}

void Service::on_dry_run(const Holding& holding) {
    log_.on_dry_run(holding);
    changed();
}

void Service::on_released(const Holding& holding, ReleaseReason reason, int value) {
    log_.on_released(holding, reason, value);
    history_.on_released(holding, reason, value);
    // Nobody was told that it is held.
    if (reason != ReleaseReason::Inherited)
        bus_.with_object(
            [&](ManagerObject& object) { object.on_released(holding, reason, value); });
    changed();
}

void Service::on_drifted(const Holding& holding, int found, bool repaired) {
    log_.on_drifted(holding, found, repaired);
    history_.on_drifted(holding, found, repaired);
    bus_.with_object([&](ManagerObject& object) { object.on_drifted(holding, found, repaired); });
    changed();
}

void Service::on_refused(const Holding& holding, const Error& error) {
    log_.on_refused(holding, error);
    history_.on_refused(holding, error);
    bus_.with_object([&](ManagerObject& object) { object.on_refused(holding, error); });
    changed();
}

void Service::on_distrusted(const Snapshot& snapshot, const Rule& rule, const std::string& why) {
    log_.on_distrusted(snapshot, rule, why);
}

void Service::on_unreadable(Pid pid, const Error& error) {
    log_.on_unreadable(pid, error);
}

void Service::changed() {
    if (!std::exchange(change_pending_, true))
        change_timer_.arm_in(kChangePause);
}

}  // namespace oomguard::daemon
