// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "ctl/bus/manager.hpp"

namespace oomguard::ctl {

/// Throws Failure unless each is the name of a rule in force, or of what Hold holds: "hold PID".
void require_rules(Manager& manager, const std::vector<std::string>& names);

}  // namespace oomguard::ctl
