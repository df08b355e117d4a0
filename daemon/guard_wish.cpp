// SPDX-License-Identifier: MIT
#include <utility>

#include "daemon/guard.hpp"

// What the guard notes of what systemd-oomd is to be told.
namespace oomguard::daemon {

bool Guard::is_expected(Pid pid) const {
    return holdings_.contains(pid) || pins_.owner(pid) || wishes_.all().contains(pid);
}

/// Hold asks for a score and nothing else, so what the rule that matches the process itself wants
/// of systemd-oomd stays.
Result<RulePointer> Guard::wishing_rule(Process& process, const Finding& finding) const {
    if (!finding.rule || finding.exempt)
        return RulePointer();
    const bool is_of_a_file = rules_->index_of(*finding.rule).has_value();
    if (is_of_a_file || finding.is_by_descent)
        return finding.is_trusted ? finding.rule : nullptr;
    auto rule = first_match_in_files(process);
    if (!rule || !*rule)
        return rule;
    const auto trusted = is_trusted(process, **rule);
    if (!trusted)
        return trusted.error();
    return *trusted ? *rule : nullptr;
}

void Guard::note_wish(Process& process, const Finding& finding) {
    // It is held already: what cannot be read now is no reason to treat it as if it were not.
    if (const auto done = try_note_wish(process, finding); !done && !is_gone(done.error()))
        observer_.on_unreadable(process.snapshot().id.pid, done.error());
}

Result<void> Guard::try_note_wish(Process& process, const Finding& finding) {
    const ProcessId id = process.snapshot().id;
    if (!rules_wish_) {
        drop_wish(id.pid);
        return {};
    }
    const auto rule = wishing_rule(process, finding);
    if (!rule)
        return rule.error();
    if (!*rule || (*rule)->systemd_oomd == OomdPreference::None) {
        drop_wish(id.pid);
        return {};
    }
    if (wishes_.all().size() >= options_.most_holdings && !wishes_.all().contains(id.pid)) {
        // What could not be held is counted for that.
        const bool is_counted =
            (*rule)->value.kind != Value::Kind::Unchanged && !holdings_.contains(id.pid);
        counters_.over_limit += is_counted ? 0U : 1U;
        return {};
    }
    if (auto done = process.read(Field::Cgroup); !done)
        return done;
    if (wishes_.set({id, process.snapshot().cgroup, (*rule)->systemd_oomd, (*rule)->name}))
        observer_.on_wishes_changed();
    return {};
}

void Guard::drop_wish(Pid pid) {
    if (wishes_.erase(pid))
        observer_.on_wishes_changed();
}

}  // namespace oomguard::daemon
