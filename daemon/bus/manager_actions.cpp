// SPDX-License-Identifier: MIT
#include <spdlog/fmt/fmt.h>

#include "core/text.hpp"
#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/translation.hpp"
#include "daemon/event_log.hpp"

// The methods that change something.
namespace oomguard::daemon {
namespace {

/// What holds a process that no pin holds.
std::string holder_text(const Guard& guard, Pid pid) {
    const auto held = guard.holdings().find(pid);
    if (held == guard.holdings().end() || !held->second.rule_in_force)
        return "and no rule means it: there is nothing to release";
    const Rule& rule = *held->second.rule_in_force;
    return fmt::format(
        "but by rule '{}' ({}): change that, or use Hold to have it at another value", rule.name,
        printable(rule.origin.text()));
}

[[noreturn]] void tell(const PinFailure& failure, Pid pid, const Guard& guard,
                       const char* consequence) {
    using Reason = PinFailure::Reason;
    switch (failure.reason) {
        case Reason::NoSuchProcess:
            throw no_such_process(bus_pid(pid), failure.error.message());
        case Reason::NotPinned:
            throw make_error("NoSuchRule", fmt::format("process {} is not held by Hold, {}", pid,
                                                       holder_text(guard, pid)));
        case Reason::FirstProcess:
            throw make_error("NotPermitted",
                             "process 1 is never touched, and the kernel never "
                             "kills it; hold another process");
        case Reason::Itself:
            throw make_error("NotPermitted",
                             fmt::format("process {} is oom-guardd itself, which it never touches; "
                                         "set OOMScoreAdjust= in oom-guardd.service",
                                         pid));
        case Reason::KernelThread:
            throw make_error("NotPermitted",
                             fmt::format("process {} is a kernel thread, which is never touched, "
                                         "and the kernel never kills it; hold another process",
                                         pid));
        case Reason::Exempt:
            throw make_error("NotPermitted",
                             fmt::format("the cgroup of process {} is exempt; take it out of "
                                         "exempt_cgroups in oom-guardd.yaml",
                                         pid));
        case Reason::TooManyPins:
            throw make_error(
                "NotPermitted",
                fmt::format("Hold has {} processes already, the most there can be; Release "
                            "some, or write a rule, which can mean any number",
                            Pins::kMost));
        case Reason::TooManyHoldings:
            throw make_error("NotPermitted",
                             fmt::format("{} processes are held already, as many as may be; raise "
                                         "limits.held_processes in oom-guardd.yaml",
                                         guard.holdings().size()));
        case Reason::Unreadable:
            throw unreadable(bus_pid(pid), failure.error);
        case Reason::Refused:
            break;
    }
    throw make_error("NotPermitted",
                     refusal_and_remedy(*failure.refused, failure.error) + "; " + consequence);
}

}  // namespace

void ManagerObject::hold(const Gate::Caller& caller, std::uint32_t pid, std::int32_t value,
                         Children children) {
    if (value < kLowestScore || value > kHighestScore)
        throw make_error("OutOfRange", fmt::format("{} is no oom_score_adj; it goes from {} to {}",
                                                   value, kLowestScore, kHighestScore));
    const Pid process = process_pid(pid);
    const Pins& pins = control_.guard().pins();
    if (!caller.is_root && limits_.holds.is_full(caller.uid, process, pins))
        throw make_error(
            "LimitsExceeded",
            fmt::format("Hold has {} processes of user '{}' already, the most that one "
                        "user may have; Release some, or write a rule, which can mean "
                        "any number",
                        HoldShares::kMost, printable(sys::user_name(caller.uid))));
    has_changed();
    if (const auto failure = control_.hold(process, value, children))
        tell(*failure, process, control_.guard(), "nothing was changed");
    if (caller.is_root)
        limits_.holds.forget(process);
    else
        limits_.holds.note(caller.uid, process);
}

void ManagerObject::release(std::uint32_t pid) {
    const Pid process = process_pid(pid);
    has_changed();
    if (const auto failure = control_.release(process))
        tell(*failure, process, control_.guard(), "Hold has ended, and this is tried again");
}

std::uint64_t ManagerObject::reload() {
    const auto outcome = control_.reload();
    if (!outcome.done)
        throw make_error("InvalidRules", outcome.diagnostics);
    return control_.generation();
}

std::uint32_t ManagerObject::rescan() {
    has_changed();
    return static_cast<std::uint32_t>(control_.rescan());
}

}  // namespace oomguard::daemon
