// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oomguard {

/// A rule's place in the order in which rules are tried.
using RuleNumber = std::uint32_t;

}  // namespace oomguard
