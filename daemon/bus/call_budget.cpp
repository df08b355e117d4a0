// SPDX-License-Identifier: MIT
#include "daemon/bus/call_budget.hpp"

#include <algorithm>
#include <iterator>

namespace oomguard::daemon {

void CallBudget::earn(Account& account, int part, Time now) {
    const auto passed = std::min<Duration>(now - account.since, std::chrono::hours(1));
    account.left = std::min(kMost, account.left + passed / part);
    account.since = now;
}

void CallBudget::forget_those_who_owe_nothing(Time now) {
    for (auto at = users_.begin(); at != users_.end();) {
        earn(at->second, kPartOfUser, now);
        at = at->second.left == kMost ? users_.erase(at) : std::next(at);
    }
}

bool CallBudget::allow(Uid user, Time now) {
    if (users_.size() >= kMostUsers)
        forget_those_who_owe_nothing(now);
    if (users_.size() >= kMostUsers && !users_.contains(user))
        return false;
    Account& account = users_.try_emplace(user, Account{kMost, now}).first->second;
    earn(account, kPartOfUser, now);
    earn(everyone_, kPartOfEveryone, now);
    return account.left > Duration::zero() && everyone_.left > Duration::zero();
}

void CallBudget::charge(Uid user, Duration spent) {
    const Duration cost = spent + kOfEachCall;
    everyone_.left -= cost;
    if (const auto found = users_.find(user); found != users_.end())
        found->second.left -= cost;
}

void CallBudget::charge_refusal(Uid user) {
    const auto found = users_.find(user);
    if (found == users_.end())
        return;
    Duration& left = found->second.left;
    left = std::max(left - kOfEachCall, std::min(left, -kMostOwedForRefusals));
}

}  // namespace oomguard::daemon
