// SPDX-License-Identifier: MIT
#include "daemon/oomd_wishes.hpp"

#include <utility>

namespace oomguard::daemon {

bool OomdWishes::set(Wish wish) {
    const Pid pid = wish.id.pid;
    if (wish.preference == OomdPreference::None)
        return erase(pid);
    const auto found = wishes_.find(pid);
    if (found != wishes_.end() && found->second == wish)
        return false;
    wishes_.insert_or_assign(pid, std::move(wish));
    return true;
}

std::map<std::string, OomdWishes::Joint> OomdWishes::by_cgroup() const {
    std::map<std::string, Joint> joints;
    for (const auto& [pid, wish] : wishes_) {
        Joint& joint = joints[wish.cgroup];
        joint.pids.push_back(pid);
        if (wish.preference <= joint.preference)
            continue;
        joint.preference = wish.preference;
        joint.rule = wish.rule;
    }
    return joints;
}

}  // namespace oomguard::daemon
