// SPDX-License-Identifier: MIT
#include "core/text.hpp"
#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/event_log.hpp"

namespace oomguard::daemon {

void ManagerObject::on_held(const Holding& holding) {
    has_changed();
    tell_of_process("ProcessHeld", static_cast<std::uint32_t>(holding.id.pid),
                    holding.id.start_time, printable(holding.name), holding.rule, holding.original,
                    holding.wanted);
}

void ManagerObject::on_dry_run(const Holding& /*holding*/) {}

void ManagerObject::on_released(const Holding& holding, ReleaseReason reason, int value) {
    has_changed();
    tell_of_process("ProcessReleased", static_cast<std::uint32_t>(holding.id.pid),
                    holding.id.start_time, printable(holding.name), holding.rule, value,
                    reason_text(reason));
}

void ManagerObject::on_drifted(const Holding& holding, int found, bool repaired) {
    has_changed();
    tell_of_process("ScoreDrifted", static_cast<std::uint32_t>(holding.id.pid),
                    holding.id.start_time, printable(holding.name), holding.rule, holding.wanted,
                    found, repaired);
}

void ManagerObject::on_refused(const Holding& holding, const Error& error) {
    has_changed();
    tell_of_process("WriteRefused", static_cast<std::uint32_t>(holding.id.pid),
                    holding.id.start_time, printable(holding.name), holding.rule, holding.wanted,
                    holding.current, printable(error.message()));
}

void ManagerObject::on_unreadable(Pid /*pid*/, const Error& /*error*/) {}

void ManagerObject::rules_reloaded() {
    emitRulesReloaded(Generation(), RuleCount());
}

void ManagerObject::rules_rejected(const std::string& diagnostics) {
    emitRulesRejected(Generation(), diagnostics);
}

/// The properties whose changes are signalled, each as a text that changes with it.
std::map<std::string, std::string> ManagerObject::watched_properties() {
    std::map<std::string, std::string> texts = {
        {"Generation", std::to_string(Generation())},
        {"RuleCount", std::to_string(RuleCount())},
        {"HeldCount", std::to_string(HeldCount())},
        {"DryRun", std::to_string(DryRun())},
        {"Sources", ""},
        {"Degraded", ""},
    };
    for (const auto& row : Sources())
        texts["Sources"] += row.get<0>() + (row.get<1>() ? "+" : "-") + row.get<2>() + "\n";
    for (const auto& text : Degraded())
        texts["Degraded"] += text + "\n";
    return texts;
}

void ManagerObject::has_changed() {
    held_count_.drop();
    degraded_.drop();
}

void ManagerObject::emit_changed_properties() {
    has_changed();
    auto now = watched_properties();
    std::vector<compat::PropertyName> changed;
    for (const auto& [name, text] : now) {
        if (last_told_[name] != text)
            changed.emplace_back(name);
    }
    last_told_ = std::move(now);
    if (!changed.empty())
        getObject().emitPropertiesChangedSignal(compat::InterfaceName{INTERFACE_NAME}, changed);
}

}  // namespace oomguard::daemon
