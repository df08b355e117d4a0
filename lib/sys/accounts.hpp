// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/process.hpp"

namespace oomguard::sys {

// The machine's users and groups through NSS. A lookup can block if an administrator has put a
// remote directory there: these are called when rules are loaded and when something is shown,
// never between finding a process and holding it.

[[nodiscard]] std::optional<Uid> user_id(const std::string& name);
[[nodiscard]] std::optional<Gid> group_id(const std::string& name);

/// The user's or group's name, or the number as text if it has none.
[[nodiscard]] std::string user_name(Uid uid);
[[nodiscard]] std::string group_name(Gid gid);

/// Whether the machine's accounts have the user in the group, as its own or a further one. What
/// groups a process has may differ.
[[nodiscard]] bool is_member(Uid uid, Gid gid);

}  // namespace oomguard::sys
