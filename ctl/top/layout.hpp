// SPDX-License-Identifier: MIT
#pragma once

#include "ctl/top/frame.hpp"
#include "ctl/top/model.hpp"

namespace oomguard::ctl::top {

/// What a screen of this size shows. Tells the model how much fits, which scrolls by it.
[[nodiscard]] Frame frame_of(Model& model, Size size, bool is_utf8);

}  // namespace oomguard::ctl::top
