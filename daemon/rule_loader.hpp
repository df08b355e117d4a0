// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/rule_file.hpp"
#include "config/settings.hpp"
#include "core/rule.hpp"

namespace oomguard::daemon {

/// Where the administrator's files are.
struct ConfigPaths {
    std::string settings_file = "/etc/oom-guardd/oom-guardd.yaml";
    bool settings_file_must_exist = false;
    std::vector<std::string> rule_directories = {
        "/etc/oom-guardd/rules.d",
        "/run/oom-guardd/rules.d",
        "/usr/lib/oom-guardd/rules.d",
    };
    bool rule_directories_are_given = false;  ///< on the command line
    /// Files that are read as if they were in the directories, in place of all of that name; to
    /// try what has not been put there yet.
    std::map<std::string, std::string> stand_ins = {};
};

/// Of rule directories that are given, those that do not exist: a mistake. Of the usual ones none
/// has to.
[[nodiscard]] std::vector<std::string> missing_directories(const ConfigPaths& paths);

/// Everything read from the administrator's files in one go.
struct LoadedConfig {
    config::Settings settings;
    std::vector<Rule> rules;
    std::size_t rule_files = 0;
    std::vector<config::Diagnostic> diagnostics;
    std::size_t fingerprint = 0;  ///< of all bytes read, to tell whether anything has changed

    [[nodiscard]] std::size_t errors() const { return config::count_errors(diagnostics); }
};

/// Reads and compiles the settings and the rules. With an error, only `diagnostics` and
/// `fingerprint` mean something.
[[nodiscard]] LoadedConfig load_config(const ConfigPaths& paths);

/// The same with the last rule directory alone and default settings: what is shipped, unless other
/// directories were given.
[[nodiscard]] LoadedConfig load_shipped_config(const ConfigPaths& paths);

}  // namespace oomguard::daemon
