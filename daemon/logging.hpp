// SPDX-License-Identifier: MIT
#pragma once

#include "config/settings.hpp"

namespace oomguard::daemon {

/// Sends the log to the journal if that is where systemd has put our standard error, else to
/// standard error. The one line per event goes through spdlog's default logger.
void start_logging();

void set_log_level(config::Settings::LogLevel level);

}  // namespace oomguard::daemon
