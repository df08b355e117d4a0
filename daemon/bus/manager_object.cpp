// SPDX-License-Identifier: MIT
#include "daemon/bus/manager_object.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "core/text.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/event_log.hpp"
#include "sys/accounts.hpp"

namespace oomguard::daemon {
namespace {

sdbus::Error make_error(const char* name, const std::string& message) {
    return {compat::ErrorName{std::string(kErrorPrefix) + name}, message};
}

std::uint32_t bus_pid(Pid pid) {
    return static_cast<std::uint32_t>(pid);
}

const char* finding_state(const Guard::Finding& finding, const Holding* holding) {
    if (finding.exempt)
        return "exempt";
    return holding == nullptr ? "unmatched" : state_text(holding->state);
}

/// The names of users that stand in a list, each asked for once.
class UserNames {
  public:
    const std::string& of(Uid uid) {
        auto [at, is_new] = names_.try_emplace(uid);
        if (is_new)
            at->second = printable(sys::user_name(uid));
        return at->second;
    }

  private:
    std::map<Uid, std::string> names_;
};

}  // namespace

ManagerObject::ManagerObject(sdbus::IConnection& connection, Control& control, RateLimit& limit)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kObjectPath)),
      control_(control),
      limit_(limit) {
    registerAdaptor();
    last_told_ = watched_properties();
}

ManagerObject::~ManagerObject() {
    unregisterAdaptor();
}

std::vector<ManagerObject::ProcessRow> ManagerObject::ListProcesses() {
    UserNames users;
    std::vector<ProcessRow> rows;
    for (const auto& [pid, holding] : control_.guard().holdings())
        rows.emplace_back(bus_pid(pid), holding.id.start_time, printable(holding.name),
                          users.of(holding.uid), holding.rule, holding.original, holding.wanted,
                          holding.current, state_text(holding.state));
    return rows;
}

std::map<std::string, sdbus::Variant> ManagerObject::GetProcess(const std::uint32_t& pid) {
    Guard& guard = control_.guard();
    const auto finding = guard.inspect(static_cast<Pid>(pid));
    if (!finding)
        throw make_error("NoSuchProcess", "no process with pid " + std::to_string(pid) + ": " +
                                              finding.error().message());
    const Snapshot& snapshot = finding->snapshot;
    const auto held = guard.holdings().find(snapshot.id.pid);
    const Holding* holding =
        held != guard.holdings().end() && held->second.id == snapshot.id ? &held->second : nullptr;
    const Rule* rule = finding->rule ? &guard.rules().rules()[*finding->rule] : nullptr;

    std::map<std::string, sdbus::Variant> details;
    const auto put = [&details](const char* key, auto value) {
        details.emplace(key, sdbus::Variant(std::move(value)));
    };
    put("Pid", pid);
    put("StartTime", snapshot.id.start_time);
    put("Name", printable(snapshot.comm));
    put("Uid", snapshot.uid);
    put("User", printable(sys::user_name(snapshot.uid)));
    put("Cgroup", printable(snapshot.cgroup));
    put("ParentPid", bus_pid(snapshot.parent_pid));
    put("Rule", rule != nullptr ? rule->name : std::string());
    put("Origin", rule != nullptr ? printable(rule->origin.text()) : std::string());
    put("Value", rule != nullptr ? rule->value.text() : std::string());
    put("Original", std::int32_t{holding != nullptr ? holding->original : finding->score});
    put("Wanted", std::int32_t{holding != nullptr ? holding->wanted : finding->score});
    put("Current", std::int32_t{finding->score});
    put("State", std::string(finding_state(*finding, holding)));
    put("Drifts", std::uint32_t{holding != nullptr ? holding->drifts : 0});
    put("LastError", holding != nullptr ? printable(holding->last_error) : std::string());
    return details;
}

std::vector<ManagerObject::RuleRow> ManagerObject::ListRules() {
    const Guard& guard = control_.guard();
    const auto& rules = guard.rules().rules();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> counts(rules.size());  // held, refused
    for (const auto& [pid, holding] : guard.holdings()) {
        if (holding.rule_index == Holding::kNoRule)
            continue;
        auto& [held, refused] = counts[holding.rule_index];
        held += holding.state == Holding::State::Held ? 1 : 0;
        refused += holding.state == Holding::State::Refused ? 1 : 0;
    }
    std::vector<RuleRow> rows;
    for (std::size_t index = 0; index < rules.size(); ++index)
        rows.emplace_back(rules[index].name, printable(rules[index].origin.text()),
                          rules[index].value.text(), counts[index].first, counts[index].second,
                          guard.matches()[index]);
    return rows;
}

std::uint64_t ManagerObject::Reload() {
    require_privilege("Reload");
    const auto outcome = control_.reload();
    if (!outcome.done)
        throw make_error("InvalidRules", outcome.diagnostics);
    return control_.generation();
}

std::uint32_t ManagerObject::Rescan() {
    require_privilege("Rescan");
    return static_cast<std::uint32_t>(control_.rescan());
}

void ManagerObject::require_privilege(const char* method) const {
    const uid_t caller = compat::caller_uid(getObject());
    if (caller != 0 && caller != ::geteuid())
        throw make_error("NotPermitted", std::string(method) + " is for root only");
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
    const auto& holdings = control_.guard().holdings();
    return static_cast<std::uint32_t>(std::count_if(
        holdings.begin(), holdings.end(),
        [](const auto& entry) { return entry.second.state == Holding::State::Held; }));
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
    std::vector<std::string> texts;
    for (const auto& text : control_.degraded())
        texts.push_back(printable(text));
    return texts;
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
    return limit_.suppressed();
}

}  // namespace oomguard::daemon
