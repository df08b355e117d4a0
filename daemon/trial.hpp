// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oomguard::daemon {

/// What came of one rule for one process, or of what stands above the rules.
struct Trial {
    enum class Outcome {
        Hold,        ///< the rule is for this process alone
        Match,       ///< the rule decides
        NoMatch,     ///< the reason names the first key that does not hold
        Distrusted,  ///< the rule would protect it, but may not: the search goes on
        HeldBack,    ///< the rule would lower most processes: the search goes on
        Included,    ///< the rule means it as a descendant
        Exempt,      ///< the rule would decide, but the cgroup is exempt
        Never,       ///< it is never touched
        Oomd,        ///< what became of the rule's systemd_oomd
    };

    Outcome outcome = Outcome::NoMatch;
    std::string rule;    ///< empty if it is not about one
    std::string origin;  ///< of the rule
    std::string reason;  ///< one line for people

    friend bool operator==(const Trial&, const Trial&) = default;
};

}  // namespace oomguard::daemon
