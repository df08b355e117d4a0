// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"

namespace oomguard::config {

/// Ends the program if a finding is not what Diagnostic promises: of bounded number and length,
/// printable, at a place that the text has.
void check_diagnostics(const std::vector<Diagnostic>& diagnostics, std::string_view text);

}  // namespace oomguard::config
