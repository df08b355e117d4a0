// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "daemon/guard.hpp"

// Whom the guard lets a rule protect. Names, arguments and cgroups of one's own are anyone's to
// choose, so a rule that matches by these alone lowers no score and asks nothing of systemd-oomd.
namespace oomguard::daemon {
namespace {

bool was_lowered(const std::optional<Written>& written) {
    return written && written->value < written->original;
}

}  // namespace

/// Whether the rule that was found brings the process below what it would have without.
bool Guard::lowers(const Snapshot& snapshot, const Finding& finding) const {
    const Decision decision =
        decide(finding.rule->value, finding.score, record_of(snapshot.id.pid), finding.inherited);
    return decision.kind == Decision::Kind::Hold && decision.wanted < decision.original;
}

Result<bool> Guard::is_trusted(Process& process, const Rule& rule) const {
    for (;;) {
        const Truth truth = may_protect(rule, process.snapshot(), options_.system_accounts);
        if (truth.kind != Truth::Kind::Unknown)
            return truth.kind == Truth::Kind::Yes;
        if (auto done = process.read(truth.needed); !done)
            return done.error();
    }
}

/// Goes on to the next rule that matches for as long as the one that was found lowers and may not.
/// So whoever imitates a program gains nothing, not even that a later rule spares him.
Result<void> Guard::pass_over_distrusted(Process& process, Finding& finding) const {
    while (finding.rule) {
        const Rule& rule = *finding.rule;
        const bool is_lowered = lowers(process.snapshot(), finding);
        if (!is_lowered && rule.systemd_oomd == OomdPreference::None &&
            rule.children != Children::Include)
            return {};
        const auto trusted = is_trusted(process, rule);
        if (!trusted)
            return trusted.error();
        finding.is_trusted = *trusted;
        const auto index = rules_->index_of(rule);
        if (!is_lowered || finding.is_trusted || !index)
            return {};
        finding.distrusted.push_back(std::move(finding.rule));
        auto next = first_match_in_files(process, *index + 1);
        if (!next)
            return next.error();
        finding.rule = *std::move(next);
    }
    return {};
}

/// A descendant is what its forebear started: it may be protected if that may. Where the forebear
/// has ended, whoever was lowered before was trusted then.
Result<void> Guard::distrust_descendant(Process& process, Finding& finding) const {
    if (!finding.is_by_descent)
        return {};
    const Snapshot& snapshot = process.snapshot();
    const auto root = holdings_.find(finding.descent->root.pid);
    if (root != holdings_.end() && root->second.id == finding.descent->root)
        finding.is_trusted = root->second.is_trusted;
    else
        finding.is_trusted =
            was_lowered(record_of(snapshot.id.pid)) || was_lowered(finding.inherited);
    if (!finding.is_trusted) {
        const auto trusted = is_trusted(process, *finding.rule);
        if (!trusted)
            return trusted.error();
        finding.is_trusted = *trusted;
    }
    if (!finding.is_trusted && lowers(snapshot, finding)) {
        finding.distrusted.push_back(std::exchange(finding.rule, nullptr));
        finding.is_by_descent = false;
    }
    return {};
}

void Guard::tell_distrust(const Snapshot& snapshot, const Finding& finding) {
    RulePointer rule;
    if (!finding.distrusted.empty())
        rule = finding.distrusted.front();
    else if (finding.rule && finding.rule->systemd_oomd != OomdPreference::None &&
             !finding.is_trusted)
        rule = finding.rule;
    if (!rule || finding.exempt) {
        distrusts_.erase(snapshot.id.pid);
        return;
    }
    Distrust& told = distrusts_[snapshot.id.pid];
    if (told.start_time == snapshot.id.start_time && told.rule == rule)
        return;
    told = {snapshot.id.start_time, rule};
    observer_.on_distrusted(snapshot, *rule,
                            why_not_protected(*rule, snapshot, options_.system_accounts));
}

}  // namespace oomguard::daemon
