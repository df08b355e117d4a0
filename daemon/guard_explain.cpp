// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "core/match.hpp"
#include "core/text.hpp"
#include "daemon/guard.hpp"

// How the guard tells why a process is held or not. What decides is asked of look(); here it is
// only told.
namespace oomguard::daemon {
namespace {

Trial trial_of(const Rule& rule, Trial::Outcome outcome, std::string reason) {
    return {outcome, rule.name, rule.origin.text(), std::move(reason)};
}

std::string held_back_text(const Share& share) {
    return "; but the rule would lower " + std::to_string(share.lowered) + " of " +
           counted(share.all, "process", "processes") + ": narrow it, or say broad: true";
}

/// What to add where -999 is held for a rule that wants -1000.
const char* clipping_text(Clipping clipping) {
    switch (clipping) {
        case Clipping::None:
            break;
        case Clipping::MemoryLimit:
            return "; -999 instead of -1000, because its cgroup or one above has a memory.max";
        case Clipping::Unkillable:
            return "; -999 instead of -1000, because those at -1000 would use more of the memory "
                   "than limits.unkillable_memory allows";
    }
    return "";
}

bool has(const std::vector<RulePointer>& rules, const Rule& rule) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const RulePointer& one) { return one.get() == &rule; });
}

}  // namespace

Result<Guard::Explanation> Guard::explain(Pid pid, const Telling& telling) const {
    const auto process = table_.open(pid);
    if (!process)
        return process.error();
    for (const Field field : {Field::Credentials, Field::Cgroup, Field::Exe, Field::Ancestors}) {
        if (auto done = (*process)->read(field); !done)
            return done.error();
    }
    const Snapshot& snapshot = (*process)->snapshot();
    Explanation explanation{snapshot.id, {}};
    std::vector<Trial>& trials = explanation.trials;
    if (const char* why = never_held_because(snapshot)) {
        trials.push_back({Trial::Outcome::Never, "", "", why});
        return explanation;
    }
    const auto finding = look(**process, std::nullopt);
    if (!finding)
        return finding.error();
    const bool is_matched = finding->rule && !finding->is_by_descent;
    const auto matched = is_matched ? rules_->index_of(*finding->rule) : std::nullopt;
    const bool is_pinned = is_matched && !matched;
    if (is_pinned) {
        trials.push_back(trial_of(*finding->rule, Trial::Outcome::Hold, "Hold asked for it"));
    } else {
        const std::size_t end = matched ? *matched + 1 : rules_->rules().size();
        if (auto done = try_rules(**process, *finding, end, telling, trials); !done)
            return done.error();
    }
    if (auto descent = explain_descent(**process, *finding, telling))
        trials.push_back(*std::move(descent));
    const auto held = holdings_.find(pid);
    if (finding->rule && held != holdings_.end() && held->second.id == snapshot.id)
        trials.back().reason += clipping_text(held->second.clipping);
    if (finding->exempt) {
        Trial exempt = explain_exemption(snapshot);
        if (finding->rule) {
            exempt.rule = std::move(trials.back().rule);
            exempt.origin = std::move(trials.back().origin);
            trials.pop_back();
        }
        trials.push_back(std::move(exempt));
    } else if (auto unmarked = explain_unmarked(snapshot, *finding, telling)) {
        trials.push_back(*std::move(unmarked));
    }
    return explanation;
}

const char* Guard::never_held_because(const Snapshot& snapshot) const {
    if (snapshot.id.pid == self_)
        return "oom-guardd itself";
    if (is_never_held(snapshot.id.pid))
        return "the first process";
    if (snapshot.kernel_thread)
        return "a kernel thread";
    return snapshot.zombie ? "it has ended, and its parent has not been told yet" : nullptr;
}

Result<void> Guard::try_rules(Process& process, const Finding& finding, std::size_t end,
                              const Telling& telling, std::vector<Trial>& trials) const {
    const auto& rules = rules_->rules();
    trials.reserve(end + 1);
    for (std::size_t index = 0; index < end; ++index) {
        Reason reason = oomguard::explain(rules[index], process.snapshot(), telling);
        while (reason.truth.kind == Truth::Kind::Unknown) {
            if (auto done = process.read(reason.truth.needed); !done)
                return done;
            reason = oomguard::explain(rules[index], process.snapshot(), telling);
        }
        auto outcome = Trial::Outcome::NoMatch;
        if (reason.truth.kind == Truth::Kind::Yes)
            outcome = Trial::Outcome::Match;
        if (outcome == Trial::Outcome::Match && has(finding.distrusted, rules[index])) {
            outcome = Trial::Outcome::Distrusted;
            reason.text += "; but " + why_not_protected(rules[index], process.snapshot(),
                                                        options_.system_accounts, telling);
        }
        const auto held_back = held_back_.find(index);
        if (outcome == Trial::Outcome::Match && held_back != held_back_.end()) {
            outcome = Trial::Outcome::HeldBack;
            reason.text += held_back_text(held_back->second);
        }
        trials.push_back(trial_of(rules[index], outcome, std::move(reason.text)));
    }
    return {};
}

Trial Guard::explain_exemption(const Snapshot& snapshot) const {
    const auto& exempt = options_.exempt_cgroups;
    const auto by = std::find_if(exempt.begin(), exempt.end(), [&](const Pattern& pattern) {
        return pattern.matches(snapshot.cgroup);
    });
    std::string reason = "cgroup " + in_quotes(snapshot.cgroup) + " is exempt";
    if (by != exempt.end())
        reason += " by " + in_quotes(by->text());
    return {Trial::Outcome::Exempt, "", "", std::move(reason)};
}

std::string Guard::descent_text(const Descent& descent) const {
    const auto root = holdings_.find(descent.root.pid);
    const std::string pid = std::to_string(descent.root.pid);
    if (root == holdings_.end() || root->second.id != descent.root)
        return "a descendant of process " + pid + ", which has ended";
    return "a descendant of " + in_quotes(root->second.name) + " (pid " + pid + ")";
}

/// Where no rule matches it by itself, and the rule of a forebear counts: that includes it, or
/// would if it were not excepted.
std::optional<Trial> Guard::explain_descent(Process& process, const Finding& finding,
                                            const Telling& telling) const {
    const bool is_matched = finding.rule && !finding.is_by_descent;
    if (is_matched || !finding.descent)
        return std::nullopt;
    std::string reason = descent_text(*finding.descent);
    if (finding.rule)
        return trial_of(*finding.rule, Trial::Outcome::Included, std::move(reason));
    const RulePointer including = including_rule(*finding.descent);
    if (!including)
        return std::nullopt;
    if (excepts(*including, process.snapshot()).kind != Truth::Kind::Yes)
        return trial_of(*including, Trial::Outcome::Distrusted,
                        reason + "; but " +
                            why_not_protected(*including, process.snapshot(),
                                              options_.system_accounts, telling));
    reason += ", " + explain_exception(*including, process.snapshot(), telling);
    return trial_of(*including, Trial::Outcome::NoMatch, std::move(reason));
}

/// That systemd-oomd is told nothing, because the rule may not protect the process.
std::optional<Trial> Guard::explain_unmarked(const Snapshot& snapshot, const Finding& finding,
                                             const Telling& telling) const {
    if (!finding.rule || finding.rule->systemd_oomd == OomdPreference::None || finding.is_trusted)
        return std::nullopt;
    return trial_of(
        *finding.rule, Trial::Outcome::Oomd,
        "systemd-oomd is told nothing: " +
            why_not_protected(*finding.rule, snapshot, options_.system_accounts, telling));
}

}  // namespace oomguard::daemon
