// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "core/rule_set.hpp"

namespace oomguard::daemon {

/// The capabilities of the daemon, of which those that its rules and sources do not need are given
/// up, for as long as it runs. See CAPABILITIES in oom-guardd(8).
class Privileges {
  public:
    /// `sees_others`: whether a process of another user can be found just now, for a /proc that
    /// hides them.
    explicit Privileges(std::function<bool()> sees_others) : sees_others_(std::move(sees_others)) {}

    /// Gives up CAP_SYS_PTRACE if no rule of those looks at executables and /proc is open without
    /// it, and CAP_NET_ADMIN if the proc connector is off.
    void keep_needed(const RuleSet& rules, const config::Settings::Sources& sources);

    /// What the daemon cannot do for want of a capability, and what to do.
    [[nodiscard]] std::vector<std::string> missing(const RuleSet& rules,
                                                   const config::Settings::Sources& sources) const;

  private:
    std::function<bool()> sees_others_;
    bool has_given_up_executables_ = false;
    bool has_given_up_network_ = false;
};

}  // namespace oomguard::daemon
