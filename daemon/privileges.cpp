// SPDX-License-Identifier: MIT
#include "daemon/privileges.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>
#include <sys/capability.h>

#include "sys/capability.hpp"

namespace oomguard::daemon {
namespace {

bool looks_at_executables(const Criteria& criteria) {
    return !criteria.exe.empty() || !criteria.name.empty() || !criteria.parent.empty() ||
           !criteria.ancestor.empty();
}

template <typename Looks>
bool any_rule(const RuleSet& rules, Looks looks) {
    return std::any_of(rules.rules().begin(), rules.rules().end(), [&](const Rule& rule) {
        return looks(rule.match) || (rule.except && looks(*rule.except));
    });
}

/// True if it is gone now.
bool give_up(cap_value_t capability, const char* name, const char* why) {
    if (!sys::may_use(capability))
        return false;
    if (const auto done = sys::give_up(capability); !done) {
        spdlog::warn("{} is kept, although {}: {}", name, why, done.error().message());
        return false;
    }
    spdlog::debug("gave up {}: {}", name, why);
    return true;
}

}  // namespace

void Privileges::keep_needed(const RuleSet& rules, const config::Settings::Sources& sources) {
    // Where there is no rule yet, the first is written soon.
    const bool is_unneeded = !rules.rules().empty() && !any_rule(rules, looks_at_executables);
    if (is_unneeded && sys::may_use(CAP_SYS_PTRACE)) {
        // Tried without it first; back into effect if it stays.
        const bool is_open = sys::set_effective(CAP_SYS_PTRACE, false) && sees_others_();
        if (is_open && give_up(CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "no rule looks at executables"))
            has_given_up_executables_ = true;
        else if (const auto back = sys::set_effective(CAP_SYS_PTRACE, true); !back)
            spdlog::error("processes of other users cannot be seen: {}", back.error().message());
    }
    if (!sources.proc_connector &&
        give_up(CAP_NET_ADMIN, "CAP_NET_ADMIN", "the source proc-connector is off"))
        has_given_up_network_ = true;
}

std::vector<std::string> Privileges::missing(const RuleSet& rules,
                                             const config::Settings::Sources& sources) const {
    std::vector<std::string> texts;
    if (!sys::may_use(CAP_SYS_RESOURCE))
        texts.emplace_back(
            "raise-only: scores cannot be lowered without CAP_SYS_RESOURCE; run the daemon by its "
            "unit oom-guardd.service, or give it the capability");
    if (!sys::may_use(CAP_DAC_OVERRIDE))
        texts.emplace_back(
            "own processes only: the scores of other users' processes cannot be written without "
            "CAP_DAC_OVERRIDE; run the daemon by its unit oom-guardd.service");
    const auto has_exe = [](const Criteria& criteria) { return !criteria.exe.empty(); };
    if (has_given_up_executables_ && any_rule(rules, looks_at_executables))
        texts.emplace_back(
            "rules with 'exe', 'name', 'parent' or 'ancestor' do not know the executables of other "
            "users' processes: CAP_SYS_PTRACE was given up while no rule needed it; run systemctl "
            "restart oom-guardd");
    else if (any_rule(rules, has_exe) && !sys::may_use(CAP_SYS_PTRACE))
        texts.emplace_back(
            "rules with 'exe' match only the daemon's own user: the executables of others cannot "
            "be read without CAP_SYS_PTRACE");
    if (has_given_up_network_ && sources.proc_connector)
        texts.emplace_back(
            "the source proc-connector may lose events, or not work before Linux 6.6: "
            "CAP_NET_ADMIN was given up while it was off; run systemctl restart oom-guardd");
    return texts;
}

}  // namespace oomguard::daemon
