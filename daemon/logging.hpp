// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include <spdlog/common.h>

#include "config/settings.hpp"

namespace oomguard::daemon {

/// Sends the log to the journal if that is where systemd has put our standard error, else to
/// standard error. The one line per event goes through spdlog's default logger.
void start_logging();

void set_log_level(config::Settings::LogLevel level);

/// Logs, and where the log is the journal, with these fields ("NAME=value") beside the message.
void log_entry(spdlog::level::level_enum level, const std::string& message,
               const std::vector<std::string>& fields);

}  // namespace oomguard::daemon
