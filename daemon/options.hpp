// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "daemon/rule_loader.hpp"

namespace oomguard::daemon {

/// The command line.
struct Options {
    ConfigPaths paths;
    std::string runtime_directory;
    std::string state_directory;
    std::string bus = "system";
    bool dry_run = false;
    std::optional<config::Settings::LogLevel> log_level;
    bool check_config = false;
    bool restore = false;
};

/// What main() is to do: run with the options, or end with the exit status (the text for --help,
/// --version or a usage error has been printed).
struct ParsedOptions {
    Options options;
    std::optional<int> exit_status;
};

[[nodiscard]] ParsedOptions parse_options(int argc, char** argv);

}  // namespace oomguard::daemon
