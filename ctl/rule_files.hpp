// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "ctl/command.hpp"
#include "daemon/rule_loader.hpp"

// The administrator's files, read as the daemon reads them.
namespace oomguard::ctl {

/// --config and --rules, as oom-guardd has them.
struct RuleFileOptions {
    std::string settings_file;             ///< empty: the usual one
    std::vector<std::string> directories;  ///< none: the usual ones

    [[nodiscard]] daemon::ConfigPaths paths() const;
};

void add_settings_option(Command& command, RuleFileOptions& options);
/// Both.
void add_rule_file_options(Command& command, RuleFileOptions& options);

/// Lets the files stand in, each under its base name. Throws Failure if two have the same.
void put_in(daemon::ConfigPaths& paths, const std::vector<std::string>& files);

/// The same, and nothing else: no rule directory.
void put_in_alone(daemon::ConfigPaths& paths, const std::vector<std::string>& files);

/// What the daemon would load, and all there is to say of it: also of directories that do not
/// exist, and of files that stand in and would be passed over because of their names.
[[nodiscard]] daemon::LoadedConfig load_and_judge(const daemon::ConfigPaths& paths);

/// The same without errors: tells all on stderr and throws Failure if there are any.
[[nodiscard]] daemon::LoadedConfig load_sound(const daemon::ConfigPaths& paths);

/// The command is about files and processes of this machine: throws Failure if another was named.
void require_this_machine(const std::string& host);

}  // namespace oomguard::ctl
