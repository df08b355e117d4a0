// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trust.hpp"

namespace oomguard::sys {

/// UID_MIN in the text of login.defs(5); nullopt if it is not there, or no decimal uid.
[[nodiscard]] std::optional<Uid> parse_uid_min(std::string_view text);

/// The ranges in the text of subuid(5), those of no uids and lines of another form left out.
[[nodiscard]] std::vector<SystemAccounts::Range> parse_subordinate(std::string_view text);

/// From these files of the machine. What one does not say, or cannot be read, is the default: below
/// 1000, and no subordinate ones. Names are not looked up, so this does not block.
[[nodiscard]] SystemAccounts read_system_accounts(const std::string& login_defs = "/etc/login.defs",
                                                  const std::string& subuid = "/etc/subuid");

}  // namespace oomguard::sys
