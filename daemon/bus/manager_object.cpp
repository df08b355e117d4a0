// SPDX-License-Identifier: MIT
#include "daemon/bus/manager_object.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/bus/translation.hpp"

namespace oomguard::daemon {
namespace {

/// How many processes a rule has.
struct RuleCounts {
    std::uint32_t held = 0;
    std::uint32_t refused = 0;
    std::uint64_t matches = 0;
};

/// By rule index.
std::vector<RuleCounts> counts_of_rules(const Guard& guard) {
    std::vector<RuleCounts> counts;
    for (const std::uint64_t matches : guard.matches())
        counts.push_back({.matches = matches});
    for (const auto& [pid, holding] : guard.holdings()) {
        const auto index =
            holding.rule_in_force ? guard.rules().index_of(*holding.rule_in_force) : std::nullopt;
        if (!index)
            continue;
        counts[*index].held += holding.state == Holding::State::Held ? 1 : 0;
        counts[*index].refused += holding.state == Holding::State::Refused ? 1 : 0;
    }
    return counts;
}

}  // namespace

ManagerObject::ManagerObject(sdbus::IConnection& connection, Control& control, Limits& limits)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kObjectPath)),
      control_(control),
      limits_(limits),
      gate_(connection, control.table().procfs(), limits.calls) {
    registerAdaptor();
    last_told_ = watched_properties();
}

ManagerObject::~ManagerObject() {
    unregisterAdaptor();
}

std::vector<ManagerObject::ProcessRow> ManagerObject::processes() {
    UserNames users;
    std::vector<ProcessRow> rows;
    for (const auto& [pid, holding] : control_.guard().holdings())
        rows.emplace_back(bus_pid(pid), holding.id.start_time, printable(holding.name),
                          users.of(holding.uid), holding.rule, holding.original, holding.wanted,
                          holding.current, state_text(holding.state));
    return rows;
}

std::vector<ManagerObject::RuleRow> ManagerObject::rules(const Gate::Caller& caller) {
    const Guard& guard = control_.guard();
    const auto& rules = guard.rules().rules();
    const auto counts =
        caller.sees_processes ? counts_of_rules(guard) : std::vector<RuleCounts>(rules.size());
    std::vector<RuleRow> rows;
    for (std::size_t index = 0; index < rules.size(); ++index)
        rows.emplace_back(rules[index].name, printable(rules[index].origin.text()),
                          rules[index].value.text(), counts[index].held, counts[index].refused,
                          counts[index].matches);
    return rows;
}

std::string ManagerObject::Version() {
    return OOMGUARD_VERSION;
}

std::uint64_t ManagerObject::Generation() {
    return control_.generation();
}

std::uint32_t ManagerObject::RuleCount() {
    return static_cast<std::uint32_t>(control_.guard().rules().rules().size());
}

std::uint32_t ManagerObject::ProcessCount() {
    return static_cast<std::uint32_t>(control_.guard().counters().processes);
}

std::uint32_t ManagerObject::HeldCount() {
    const auto count = [this] {
        const auto& holdings = control_.guard().holdings();
        return static_cast<std::uint32_t>(std::count_if(
            holdings.begin(), holdings.end(),
            [](const auto& entry) { return entry.second.state == Holding::State::Held; }));
    };
    return held_count_.get(count, Clock::now);
}

std::vector<ManagerObject::SourceRow> ManagerObject::Sources() {
    std::vector<SourceRow> rows;
    for (const auto& source : control_.sources()) {
        const bool is_off = source.status == SourceState::Status::Off;
        rows.emplace_back(source.name, source.works(),
                          is_off ? "switched off in the settings" : printable(source.reason));
    }
    return rows;
}

std::vector<std::string> ManagerObject::Degraded() {
    const auto find = [this] {
        std::vector<std::string> texts;
        for (const auto& text : control_.degraded())
            texts.push_back(printable(text));
        return texts;
    };
    return degraded_.get(find, Clock::now);
}

bool ManagerObject::DryRun() {
    return control_.dry_run();
}

std::uint64_t ManagerObject::Written() {
    return control_.guard().counters().written;
}

std::uint64_t ManagerObject::DriftsRepaired() {
    return control_.guard().counters().drifts_repaired;
}

std::uint64_t ManagerObject::WritesRefused() {
    return control_.guard().counters().writes_refused;
}

std::uint64_t ManagerObject::Overruns() {
    return control_.overruns();
}

std::uint64_t ManagerObject::Sweeps() {
    return control_.guard().counters().sweeps;
}

std::uint64_t ManagerObject::LastSweepUSec() {
    return control_.last_sweep_usec();
}

std::uint64_t ManagerObject::SignalsSuppressed() {
    return limits_.signals.suppressed();
}

}  // namespace oomguard::daemon
