// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <grp.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/manager_client.hpp"

// A caller of the bus who is not root.
namespace oomguard::test {

inline constexpr uid_t kNobody = 65534;

inline bool is_root() {
    if (::getuid() == 0)
        return true;
    WARN("skipped: only root can become another user");
    return false;
}

/// False if that is not possible.
inline bool become_nobody() {
    return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
           ::setresuid(kNobody, kNobody, kNobody) == 0;
}

/// Runs in a process of nobody's with a client of its own; what `use` returns, or 124 if even
/// that was not possible.
template <typename Use>
int as_nobody(const std::string& address, Use use) {
    return run_in_child([&] {
        if (!become_nobody())
            return 124;
        ManagerClient client(address);
        return use(client);
    });
}

}  // namespace oomguard::test
