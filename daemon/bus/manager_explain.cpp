// SPDX-License-Identifier: MIT
#include <utility>

#include "core/text.hpp"
#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/translation.hpp"
#include "sys/accounts.hpp"

// What is told of one process, and what has happened.
namespace oomguard::daemon {
namespace {

/// What was read of the process; throws NoSuchProcess if it has gone, and else NotPermitted.
template <typename T>
T read_of(Pid pid, Result<T> result) {
    if (result)
        return std::move(*result);
    if (is_gone(result.error()))
        throw no_such_process(bus_pid(pid), result.error().message());
    throw unreadable(bus_pid(pid), result.error());
}

/// What was read at two times must be of one process.
void require_same(ProcessId one, ProcessId other) {
    if (one != other)
        throw no_such_process(bus_pid(one.pid), "it has just ended");
}

const char* finding_state(const Guard::Finding& finding, const Holding* holding) {
    if (finding.exempt)
        return "exempt";
    return holding == nullptr ? "unmatched" : state_text(holding->state);
}

const char* children_text(Children children) {
    switch (children) {
        case Children::Reset:
            return "reset";
        case Children::Include:
            return "include";
        case Children::Inherit:
            break;
    }
    return "inherit";
}

const char* outcome_text(Trial::Outcome outcome) {
    switch (outcome) {
        case Trial::Outcome::Hold:
            return "hold";
        case Trial::Outcome::Match:
            return "match";
        case Trial::Outcome::NoMatch:
            return "no match";
        case Trial::Outcome::Distrusted:
            return "not trusted";
        case Trial::Outcome::HeldBack:
            return "held back";
        case Trial::Outcome::Included:
            return "included";
        case Trial::Outcome::Exempt:
            return "exempt";
        case Trial::Outcome::Oomd:
            return "systemd-oomd";
        case Trial::Outcome::Never:
            break;
    }
    return "never";
}

/// Asks for each name once: rules by the thousand may name one user.
std::function<std::string(const Principal&)> names_of_principals() {
    return [known = std::map<std::pair<Principal::Kind, std::uint32_t>, std::string>()](
               const Principal& one) mutable {
        auto [at, is_new] = known.try_emplace({one.kind, one.id});
        if (is_new)
            at->second = one.kind == Principal::Kind::Group ? "%" + sys::group_name(one.id)
                                                            : sys::user_name(one.id);
        return at->second;
    };
}

}  // namespace

std::map<std::string, sdbus::Variant> ManagerObject::details(const Gate::Caller& caller,
                                                             std::uint32_t pid) {
    const Pid process = process_pid(pid);
    Guard& guard = control_.guard();
    const auto finding = read_of(process, guard.inspect(process));
    const auto figures = read_of(process, control_.table().figures(process));
    const Snapshot& snapshot = finding.snapshot;
    require_same(snapshot.id, figures.id);
    const auto held = guard.holdings().find(snapshot.id.pid);
    const Holding* holding =
        held != guard.holdings().end() && held->second.id == snapshot.id ? &held->second : nullptr;
    const Rule* rule = finding.rule.get();
    const bool shows_exe = caller.is_root || may_see_executable(figures, caller.uid);

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
    put("Children", std::string(rule != nullptr ? children_text(rule->children) : ""));
    put("Original", std::int32_t{holding != nullptr ? holding->original : finding.score});
    put("Wanted", std::int32_t{holding != nullptr ? holding->wanted : finding.score});
    put("Current", std::int32_t{finding.score});
    put("State", std::string(finding_state(finding, holding)));
    put("Drifts", std::uint32_t{holding != nullptr ? holding->drifts : 0});
    put("LastError", holding != nullptr ? printable(holding->last_error) : std::string());
    put("Exe", shows_exe ? printable(snapshot.exe) : std::string());
    put("Unit", printable(system_unit(snapshot.cgroup)));
    put("Memory", figures.memory);
    put("OomScore", figures.oom_score);
    put("MemoryLimited", snapshot.memory_limited);
    put("OomdPreference",
        std::string(figures.oomd_preference ? preference_text(*figures.oomd_preference) : ""));
    const auto wish = guard.wishes().all().find(snapshot.id.pid);
    const bool wishes = wish != guard.wishes().all().end() && wish->second.id == snapshot.id;
    put("OomdWanted", std::string(wishes ? preference_text(wish->second.preference) : ""));
    return details;
}

std::vector<ManagerObject::TrialRow> ManagerObject::trials(const Gate::Caller& caller,
                                                           std::uint32_t pid) {
    const Pid process = process_pid(pid);
    const auto figures = read_of(process, control_.table().figures(process));
    Telling telling{names_of_principals(), Telling::Executables::Nobodys};
    if (caller.is_root)
        telling.executables = Telling::Executables::All;
    else if (may_see_executable(figures, caller.uid))
        telling.executables = Telling::Executables::Own;
    auto explanation = read_of(process, control_.guard().explain(process, telling));
    require_same(figures.id, explanation.id);
    if (auto oomd = control_.explain_oomd(explanation.id))
        explanation.trials.push_back(*std::move(oomd));
    std::vector<TrialRow> rows;
    rows.reserve(explanation.trials.size());
    for (const Trial& trial : explanation.trials)
        rows.emplace_back(trial.rule, printable(trial.origin), outcome_text(trial.outcome),
                          trial.reason);
    return rows;
}

std::vector<ManagerObject::EventRow> ManagerObject::events() {
    std::vector<EventRow> rows;
    for (const auto& event : control_.history().events())
        rows.emplace_back(event.usec, std::string(event.signal), bus_pid(event.id.pid),
                          event.id.start_time, printable(event.name), event.rule, event.before,
                          event.after, printable(event.detail));
    return rows;
}

std::uint64_t ManagerObject::StartedUSec() {
    return control_.started_usec();
}

}  // namespace oomguard::daemon
