// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/guard.hpp"

// Rules for one process, which come and go while it runs.
namespace oomguard::daemon {
namespace {

using Reason = PinFailure::Reason;

PinFailure failure_of(const Error& error) {
    return {is_gone(error) ? Reason::NoSuchProcess : Reason::Unreadable, error};
}

}  // namespace

std::optional<PinFailure> Guard::pin(Pid pid, int value, Children children, Time now) {
    const auto process = table_.open(pid);
    if (!process)
        return failure_of(process.error());
    const ProcessId id = (*process)->snapshot().id;
    forget_earlier((*process)->snapshot());
    if (auto failure = may_not_pin(**process))
        return failure;

    const RulePointer pin_before = pins_.find(id);
    const auto held = holdings_.find(pid);
    const auto holding_before =
        held == holdings_.end() ? std::nullopt : std::optional(held->second);
    pins_.set(id, pin_rule(pid, value, children));
    auto failure = judge_at_once(**process, now);
    if (!failure) {
        // Not before: what is refused leaves no trace, whenever the daemon is killed.
        writer_.pin(id, value, children);
    } else if (failure->reason == Reason::NoSuchProcess) {
        lost(pid, failure->error);
    } else {
        if (pin_before)
            pins_.set(id, pin_before);
        else
            pins_.erase(id);
        // A refused write has changed nothing, so nobody needs to hear of what comes back.
        if (const auto left = holdings_.find(pid); left != holdings_.end()) {
            if (holding_before)
                left->second = *holding_before;
            else
                holdings_.erase(left);
        }
        if (const auto done = judge(**process, std::nullopt, now); !done)
            lost(pid, done.error());
    }
    give_back_uprooted(now);
    return failure;
}

std::optional<PinFailure> Guard::unpin(Pid pid, Time now) {
    const auto process = table_.open(pid);
    if (!process)
        return failure_of(process.error());
    const Snapshot& snapshot = (*process)->snapshot();
    forget_earlier(snapshot);
    if (snapshot.zombie)
        return failure_of(errno_error(ESRCH, "it is a zombie"));
    if (auto done = (*process)->read(Field::Credentials); !done)
        return failure_of(done.error());
    if (!pins_.erase(snapshot.id))
        return PinFailure{Reason::NotPinned};
    writer_.unpin(snapshot.id);
    auto failure = judge_at_once(**process, now);
    if (failure && failure->reason == Reason::NoSuchProcess)
        lost(pid, failure->error);
    give_back_uprooted(now);
    return failure;
}

void Guard::unpin_all() {
    for (const ProcessId id : pins_.owners()) {
        pins_.erase(id);
        writer_.unpin(id);
    }
}

void Guard::adopt_pins(const Ledger& ledger) {
    for (const auto& [pid, pin] : ledger.pins) {
        const ProcessId id{pid, pin.start_time};
        if (pins_.is_full() || has_ended(id))
            writer_.unpin(id);
        else
            pins_.set(id, pin_rule(pid, pin.value, pin.children));
    }
}

std::optional<PinFailure> Guard::may_not_pin(Process& process) const {
    const Snapshot& snapshot = process.snapshot();
    const Pid pid = snapshot.id.pid;
    if (snapshot.zombie)
        return failure_of(errno_error(ESRCH, "it is a zombie"));
    if (is_never_held(pid))
        return PinFailure{pid == self_ ? Reason::Itself : Reason::FirstProcess};
    if (snapshot.kernel_thread)
        return PinFailure{Reason::KernelThread};
    // Which tells a thread from a process.
    if (auto done = process.read(Field::Credentials); !done)
        return failure_of(done.error());
    const auto exempt = is_exempt(process);
    if (!exempt)
        return failure_of(exempt.error());
    if (*exempt)
        return PinFailure{Reason::Exempt};
    if (pins_.is_full() && !pins_.owner(pid))
        return PinFailure{Reason::TooManyPins};
    if (holdings_.size() >= options_.most_holdings && !holdings_.contains(pid))
        return PinFailure{Reason::TooManyHoldings};
    return std::nullopt;
}

/// Judges the process as if nothing had ever been refused or repaired.
std::optional<PinFailure> Guard::judge_at_once(Process& process, Time now) {
    const ProcessId id = process.snapshot().id;
    if (const auto held = holdings_.find(id.pid); held != holdings_.end()) {
        held->second.repairs = {};
        held->second.refusals = {};
    }
    last_refusal_.reset();
    if (const auto done = judge(process, std::nullopt, now); !done)
        return failure_of(done.error());
    const auto held = holdings_.find(id.pid);
    if (held != holdings_.end() && held->second.state == Holding::State::Refused && last_refusal_)
        return PinFailure{Reason::Refused, *last_refusal_, held->second};
    // It can end, or be moved to another cgroup, between any two steps.
    if (held == holdings_.end() && has_ended(id))
        return failure_of(errno_error(ESRCH, "it has just ended"));
    if (held == holdings_.end() && pins_.find(id))
        return PinFailure{Reason::Exempt};
    return std::nullopt;
}

/// Forgets whatever had this pid before, or has ended with it.
void Guard::forget_earlier(const Snapshot& snapshot) {
    const Pid pid = snapshot.id.pid;
    const auto known = holdings_.find(pid);
    if (known != holdings_.end() && (known->second.id != snapshot.id || snapshot.zombie))
        forget(pid, ReleaseReason::Gone, known->second.current);
    const auto owner = pins_.owner(pid);
    if (owner && (*owner != snapshot.id || snapshot.zombie))
        drop_pin(*owner, std::nullopt);
    const auto wish = wishes_.all().find(pid);
    if (wish != wishes_.all().end() && (wish->second.id != snapshot.id || snapshot.zombie))
        drop_wish(pid);
}

/// `above`: by which its descendants are meant without it.
void Guard::drop_pin(ProcessId id, const std::optional<Descent>& above) {
    const RulePointer pin = pins_.erase(id);
    if (!pin)
        return;
    writer_.unpin(id);
    if (pin->children == Children::Include)
        uprooted_.push_back({id, above});
}

/// Looks at the descendants of processes whose pins have ended with them.
void Guard::give_back_uprooted(Time now) {
    while (!uprooted_.empty()) {
        const auto [root, above] = std::move(uprooted_.back());
        uprooted_.pop_back();
        std::vector<Pid> descendants;
        for (auto& [pid, holding] : holdings_) {
            if (!holding.descent || holding.descent->root != root)
                continue;
            if (above)
                holding.descent = above;
            descendants.push_back(pid);
        }
        for (const Pid pid : descendants)
            examine_one(pid, now);
    }
}

}  // namespace oomguard::daemon
