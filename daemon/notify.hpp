// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oomguard::daemon {

// Messages to the service manager (sd_notify). Without one they do nothing.

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
/// Must be followed by notify_ready.
void notify_reloading();
void notify_stopping();

}  // namespace oomguard::daemon
