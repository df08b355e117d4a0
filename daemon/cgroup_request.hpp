// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "daemon/kill_order.hpp"

namespace oomguard::daemon {

// The kill order of a cgroup that anyone may have named.

/// A path in the v2 tree that anyone may have written, without empty and "." components and
/// without "/" at its end, the root being "". EINVAL if it does not begin with "/" or has "..":
/// it never leads out of the tree, in which there are no links.
[[nodiscard]] Result<std::string> checked_cgroup(const std::string& path);

struct CgroupOrder {
    std::vector<Ranked> order;
    /// That there is no such cgroup, and why, for people; empty if there is one.
    std::string none;
};

/// kill_order_in() of it. `mount`: where the v2 tree is mounted; an error if nowhere, and then
/// there is no such cgroup.
[[nodiscard]] Result<CgroupOrder> kill_order_of(const Guard& guard, const sys::Procfs& procfs,
                                                const Result<std::string>& mount,
                                                const std::string& cgroup,
                                                std::size_t most = kWholeOrder);

}  // namespace oomguard::daemon
