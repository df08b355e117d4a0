// SPDX-License-Identifier: MIT
#include "config/lint.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/shadow.hpp"
#include "core/text.hpp"
#include "core/trust.hpp"

namespace oomguard::config {
namespace {

using Severity = Diagnostic::Severity;

/// What is told, up to a bound.
class Advice {
  public:
    explicit Advice(Severity severity) : severity_(severity) {}

    void add(const Rule& rule, const std::string& what) {
        constexpr std::size_t kMostKept = 100;
        if (kept_.size() == kMostKept) {
            ++left_out_;
            return;
        }
        Diagnostic diagnostic;
        diagnostic.severity = severity_;
        diagnostic.file = *rule.origin.file;
        diagnostic.line = rule.origin.line;
        diagnostic.message = "rule '" + rule.name + "' " + what;
        kept_.push_back(std::move(diagnostic));
    }

    [[nodiscard]] std::vector<Diagnostic> take() {
        if (left_out_ > 0) {
            Diagnostic diagnostic;
            diagnostic.severity = severity_;
            diagnostic.message =
                "and " + counted(left_out_, std::string("more ") + severity_text(severity_));
            diagnostic.stands_for = left_out_;
            kept_.push_back(std::move(diagnostic));
        }
        return std::move(kept_);
    }

  private:
    Severity severity_;
    std::vector<Diagnostic> kept_;
    std::size_t left_out_ = 0;
};

/// Whether processes come below their own value, so that others are killed in their place.
bool protects(const Value& value) {
    return (value.kind == Value::Kind::Exactly || value.kind == Value::Kind::AtMost) &&
           value.limit < 0;
}

/// Whether there can be processes that it would lower.
bool may_lower(const Rule& rule) {
    return rule.value.kind == Value::Kind::Exactly || rule.value.kind == Value::Kind::AtMost;
}

/// Whether it may protect whatever it matches.
bool trusts_all(const Rule& rule) {
    return rule.trust == Trust::Any || rule.match.user;
}

struct Starter {
    std::string_view name;
    std::string_view exe;
    std::string_view unit;
};

/// Programs that start what users run.
constexpr std::array kStarters = {
    Starter{"sshd", "/usr/sbin/sshd", "ssh.service"},
    Starter{"sshd", "/usr/sbin/sshd", "sshd.service"},
    Starter{"dropbear", "/usr/sbin/dropbear", "dropbear.service"},
    Starter{"cron", "/usr/sbin/cron", "cron.service"},
    Starter{"crond", "/usr/sbin/crond", "crond.service"},
    Starter{"atd", "/usr/sbin/atd", "atd.service"},
    Starter{"login", "/usr/bin/login", "getty@tty1.service"},
    Starter{"agetty", "/usr/sbin/agetty", "getty@tty1.service"},
    Starter{"gdm3", "/usr/sbin/gdm3", "gdm.service"},
    Starter{"lightdm", "/usr/sbin/lightdm", "lightdm.service"},
    Starter{"sddm", "/usr/bin/sddm", "sddm.service"},
    Starter{"systemd", "/usr/lib/systemd/systemd", "user@1000.service"}};

bool means(const Criteria& match, const Starter& starter) {
    const bool names_it = !match.name.empty() || !match.exe.empty() || !match.unit.empty();
    return names_it && (match.name.empty() || any_matches(match.name, starter.name)) &&
           (match.exe.empty() || any_matches(match.exe, starter.exe)) &&
           (match.unit.empty() || any_matches(match.unit, starter.unit));
}

void warn_of_shadow(const std::vector<Rule>& rules, const Rule& rule,
                    const std::vector<std::size_t>& shadowing, Advice& advice) {
    const Rule& first = rules[shadowing.front()];
    const std::string others =
        shadowing.size() == 1 ? " matches"
                              : " and " + counted(shadowing.size() - 1, "other rule") + " match";
    const bool may_pass = std::any_of(shadowing.begin(), shadowing.end(), [&](std::size_t earlier) {
        return may_lower(rules[earlier]) && !trusts_all(rules[earlier]);
    });
    advice.add(rule,
               (may_pass ? "is reached only by processes that may not be lowered, because rule '"
                         : "is never reached, because rule '") +
                   first.name + "' at " + printable(first.origin.text()) + others +
                   " before it all that it matches: put it further up, or remove it");
}

void warn_of_danger(const Rule& rule, Advice& advice) {
    const Criteria& match = rule.match;
    if (rule.children == Children::Include && rule.value.kind == Value::Kind::Unchanged)
        advice.add(
            rule,
            "includes no descendants, because it holds no score that they could share: leave "
            "out children: include, or say which score to hold");
    if ((protects(rule.value) || rule.systemd_oomd != OomdPreference::None) &&
        !may_protect_users(rule) && !hold_for_all(match)) {
        const std::string_view how = match.exe.empty() ? "start a program called so" : "run this";
        advice.add(rule, "protects only what system accounts run, because any user can " +
                             std::string(how) + ": add user: or unit:, or trust: any");
    }
    if (!protects(rule.value))
        return;
    if (hold_for_all(match)) {
        advice.add(rule,
                   "protects every process, and so none from another: name the few that matter");
        return;
    }
    if (rule.value.limit == kLowestScore && !are_exact(match.name) && !are_exact(match.exe) &&
        !are_exact(match.unit))
        advice.add(rule,
                   "makes whatever its patterns match unkillable: hold -999, which is killed last, "
                   "or name the program exactly");
    if (rule.value.limit == kLowestScore && rule.children == Children::Inherit)
        advice.add(rule,
                   "leaves -1000 to its descendants, of which limits.unkillable_memory counts "
                   "none: say children: include, or hold -999");
    const auto started = std::find_if(kStarters.begin(), kStarters.end(),
                                      [&](const Starter& one) { return means(match, one); });
    if (rule.children == Children::Include && started != kStarters.end())
        advice.add(rule, "protects whatever " + std::string(started->name) +
                             " starts, such as every login or job of a user: leave out children: "
                             "include");
}

}  // namespace

std::vector<Diagnostic> lint(const std::vector<Rule>& rules, const Shadowing& shadowing) {
    Advice advice(Severity::Warning);
    for (std::size_t index = 0; index < rules.size(); ++index) {
        if (!shadowing[index].empty())
            warn_of_shadow(rules, rules[index], shadowing[index], advice);
        warn_of_danger(rules[index], advice);
    }
    return advice.take();
}

std::vector<Diagnostic> note_idle(const std::vector<Rule>& rules, const Shadowing& shadowing,
                                  const std::vector<bool>& is_idle) {
    Advice advice(Severity::Note);
    for (std::size_t index = 0; index < rules.size(); ++index) {
        if (is_idle[index] && shadowing[index].empty())
            advice.add(rules[index],
                       "decides for no process that runs now: if it should, ask for one with "
                       "oom-guardctl explain PID why it does not");
    }
    return advice.take();
}

std::vector<Diagnostic> warn_of_broad(const std::vector<Rule>& rules,
                                      const std::map<std::size_t, Share>& held_back) {
    Advice advice(Severity::Warning);
    for (const auto& [rule, share] : held_back)
        advice.add(rules[rule], "would lower " + std::to_string(share.lowered) + " of the " +
                                    std::to_string(share.all) +
                                    " processes that run now, more than half, and is held back for "
                                    "it: narrow it, or say broad: true");
    return advice.take();
}

}  // namespace oomguard::config
