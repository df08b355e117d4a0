// SPDX-License-Identifier: MIT
#pragma once

namespace oomguard::ctl::top {

/// Throws Failure if $TERM is not known or cannot show a full screen. The terminal is not touched.
void require_able_terminal();

}  // namespace oomguard::ctl::top
