// SPDX-License-Identifier: MIT
#include "daemon/event_log.hpp"

#include <spdlog/spdlog.h>
#include <sys/capability.h>

#include "core/text.hpp"
#include "daemon/oomd_text.hpp"
#include "sys/capability.hpp"

namespace oomguard::daemon {
namespace {

/// "'python3' (pid 4711)"
std::string who(const Holding& holding) {
    return fmt::format("'{}' (pid {})", printable(holding.name), holding.id.pid);
}

/// What to add where the value is not the one that the rule asks for.
const char* clipping(const Holding& holding) {
    switch (holding.clipping) {
        case Clipping::None:
            break;
        case Clipping::MemoryLimit:
            return "; not at -1000, because its cgroup or one above has a memory.max, or it cannot "
                   "be read: when a limit is reached and all below it are unkillable, the kernel "
                   "tries to kill without end";
        case Clipping::Unkillable:
            return "; not at -1000, because those at -1000 would use more of the memory than "
                   "limits.unkillable_memory allows: a machine full of what nobody can kill hangs";
    }
    return "";
}

const char* remedy(const Holding& holding, const Error& error) {
    if (!is_denied(error))
        return "";
    if (holding.wanted < holding.current && !sys::may_use(CAP_SYS_RESOURCE))
        return "; lowering a score needs CAP_SYS_RESOURCE, which this daemon does not have: run it "
               "by its unit oom-guardd.service";
    if (!sys::may_use(CAP_DAC_OVERRIDE))
        return "; the scores of other users' processes need CAP_DAC_OVERRIDE, which this daemon "
               "does not have: run it by its unit oom-guardd.service";
    return "; a security module or a container may forbid it";
}

}  // namespace

const char* reason_text(ReleaseReason reason) {
    switch (reason) {
        case ReleaseReason::Gone:
            return "gone";
        case ReleaseReason::Unmatched:
            return "unmatched";
        case ReleaseReason::Exempt:
            return "exempt";
        case ReleaseReason::Inherited:
            return "inherited";
        case ReleaseReason::Stop:
            break;
    }
    return "stop";
}

std::string refusal_text(const Holding& holding, const Error& error) {
    if (holding.rule.empty())
        return fmt::format("cannot give {} its original {} back, it stays at {}: {}", who(holding),
                           holding.wanted, holding.current, error.message());
    return fmt::format("cannot set {} from {} to {} for rule '{}': {}", who(holding),
                       holding.current, holding.wanted, holding.rule, error.message());
}

std::string refusal_and_remedy(const Holding& holding, const Error& error) {
    return refusal_text(holding, error) + remedy(holding, error);
}

bool EventLog::may_log(const char* kind, const std::string& rule) {
    const std::string subject = rule.empty() ? kind : fmt::format("{}, rule '{}'", kind, rule);
    const auto grant = limiter_.ask(subject, Clock::now());
    if (grant.left_out > 0)
        spdlog::info("{}: {} more were not logged one by one", subject, grant.left_out);
    if (grant.is_last)
        spdlog::info("{}: more of them in this minute are only counted", subject);
    return grant.may_log;
}

void EventLog::on_held(const Holding& holding) {
    if (may_log("held", holding.rule))
        spdlog::log(holding.clipping != Clipping::None ? spdlog::level::warn : spdlog::level::info,
                    "holding {} at {}, was {}, by rule '{}'{}", who(holding), holding.wanted,
                    holding.original, holding.rule, clipping(holding));
}

void EventLog::on_dry_run(const Holding& holding) {
    if (may_log("dry run", holding.rule))
        spdlog::info("dry run: would set {} to {}, is {}, by rule '{}'{}", who(holding),
                     holding.wanted, holding.current, holding.rule, clipping(holding));
}

void EventLog::on_released(const Holding& holding, ReleaseReason reason, int value) {
    if (reason == ReleaseReason::Gone) {
        spdlog::debug("{} has ended, held at {}", who(holding), value);
        return;
    }
    if (reason == ReleaseReason::Inherited) {
        spdlog::debug("{} had inherited {}, which is not its own, given back {}", who(holding),
                      holding.written->value, value);
        return;
    }
    if (may_log("released", holding.rule))
        spdlog::info("released {}, left at {} ({})", who(holding), value, reason_text(reason));
}

void EventLog::on_drifted(const Holding& holding, int found, bool repaired) {
    if (!may_log("drift", holding.rule))
        return;
    if (repaired)
        spdlog::warn("{} had been changed to {}, put back to {} by rule '{}'{}", who(holding),
                     found, holding.wanted, holding.rule, clipping(holding));
    else
        spdlog::warn(
            "{} is changed to {} again and again, against {} of rule '{}': the next "
            "repairs come at growing intervals; let the rule match what the program wants "
            "(at_most, at_least, unchanged)",
            who(holding), found, holding.wanted, holding.rule);
}

void EventLog::on_refused(const Holding& holding, const Error& error) {
    if (may_log("refused", holding.rule))
        spdlog::error("{}", refusal_and_remedy(holding, error));
}

void EventLog::on_distrusted(const Snapshot& snapshot, const Rule& rule, const std::string& why) {
    if (may_log("not protected", rule.name))
        spdlog::warn("rule '{}' does not protect '{}' (pid {}), which it matches: {}", rule.name,
                     printable(snapshot.comm), snapshot.id.pid, why);
}

void EventLog::on_oomd_kept(const OomdKeeper::Kept& kept, const std::string& text) {
    using State = OomdKeeper::Kept::State;
    if (!may_log("systemd-oomd", kept.rule))
        return;
    const bool is_done = kept.state == State::Marked || kept.state == State::DryRun;
    const bool is_unfit = kept.state == State::Unfit;
    const auto bad = is_unfit ? spdlog::level::warn : spdlog::level::err;
    spdlog::log(is_done ? spdlog::level::info : bad, "{}", text);
}

void EventLog::on_oomd_repaired(const std::string& cgroup, const OomdKeeper::Kept& kept) {
    if (may_log("systemd-oomd", kept.rule))
        spdlog::info(
            "systemd-oomd is told again to {} {}, by rule '{}': this had been taken away, "
            "as systemd does when properties of a unit change",
            preference_text(kept.preference), printable(cgroup), kept.rule);
}

void EventLog::on_oomd_given_back(const OomdMark& mark, const Result<void>& done) {
    if (may_log("systemd-oomd given back", ""))
        spdlog::log(done ? spdlog::level::info : spdlog::level::err, "{}",
                    oomd_given_back_text(mark, done));
}

void EventLog::on_unreadable(Pid pid, const Error& error) {
    if (may_log("unreadable", ""))
        spdlog::warn("cannot read process {}, ignoring it until the next look: {}", pid,
                     error.message());
}

}  // namespace oomguard::daemon
