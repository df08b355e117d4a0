// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/explain.hpp"
#include "core/match.hpp"
#include "core/process.hpp"
#include "core/rule.hpp"

namespace oomguard {

/// Which accounts are the system's own, so that nobody else can start a process of theirs.
struct SystemAccounts {
    /// Uids that user namespaces of a user may have.
    struct Range {
        Uid first = 0;
        Uid count = 0;

        friend bool operator==(const Range&, const Range&) = default;
    };

    static constexpr Uid kDefaultLimit = 1000;

    Uid limit = kDefaultLimit;       ///< the first that is a person's (UID_MIN of login.defs(5))
    std::vector<Range> subordinate;  ///< of subuid(5): a person's, however low they are

    [[nodiscard]] bool includes(Uid uid) const;

    friend bool operator==(const SystemAccounts&, const SystemAccounts&) = default;
};

/// Whether the rule may protect the process, which it matches: name, arguments and executable are
/// anyone's to choose, and so are cgroups below one's own. It may with `trust: any`. Else, if the
/// real uid is a system account's, outside the slices of users; if not, where the rule names a user
/// (its key holds), or the system unit or the cgroup that the process is in, and no user has made
/// that or starts there what he likes. What could not be read of the cgroups counts as a user's.
[[nodiscard]] Truth may_protect(const Rule& rule, const Snapshot& snapshot,
                                const SystemAccounts& accounts);

/// Whether the rule says so much that it may for others than system accounts: true if it trusts
/// any, or names a user, or nothing but units or cgroups of the system.
[[nodiscard]] bool may_protect_users(const Rule& rule);

/// Why it may not, where may_protect() says No: "user alice is neither named by the rule nor a
/// system account, and anyone can ...". With what to do about it.
[[nodiscard]] std::string why_not_protected(const Rule& rule, const Snapshot& snapshot,
                                            const SystemAccounts& accounts,
                                            const Telling& telling = {});

/// Whether it is a place where users start what they like: a session, a user's own manager, or a
/// service that runs logins or jobs of users.
[[nodiscard]] bool is_unit_of_users(std::string_view unit);

}  // namespace oomguard
