// SPDX-License-Identifier: MIT
#include "ctl/rule_files.hpp"

#include <utility>

#include <fmt/core.h>

#include "config/diagnostic.hpp"
#include "core/text.hpp"
#include "ctl/failure.hpp"
#include "ctl/output/standard_error.hpp"
#include "sys/drop_in.hpp"

namespace oomguard::ctl {
namespace {

using config::Diagnostic;

/// About a whole file.
Diagnostic finding(Diagnostic::Severity severity, const std::string& file, std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.file = file;
    diagnostic.message = std::move(message);
    return diagnostic;
}

/// Files that stand in, and that the daemon would pass over where they are.
void add_odd_names(std::vector<Diagnostic>& found, const daemon::ConfigPaths& paths) {
    for (const auto& [name, path] : paths.stand_ins) {
        if (!sys::is_drop_in_name(name))
            found.push_back(finding(Diagnostic::Severity::Warning, path,
                                    "oom-guardd passes over files of such names: give it one that "
                                    "ends with .yaml and does not begin with a dot"));
    }
}

}  // namespace

daemon::ConfigPaths RuleFileOptions::paths() const {
    daemon::ConfigPaths paths;
    if (!settings_file.empty()) {
        paths.settings_file = settings_file;
        paths.settings_file_must_exist = true;
    }
    if (!directories.empty()) {
        paths.rule_directories = directories;
        paths.rule_directories_are_given = true;
    }
    // As the daemon names what is in them.
    for (std::string& directory : paths.rule_directories) {
        while (directory.size() > 1 && directory.back() == '/')
            directory.pop_back();
    }
    return paths;
}

void add_settings_option(Command& command, RuleFileOptions& options) {
    command.add_text({"--config", "FILE", "The settings file"}, options.settings_file);
}

void add_rule_file_options(Command& command, RuleFileOptions& options) {
    add_settings_option(command, options);
    command.add_texts(
        {"--rules", "DIR",
         "A rule directory in place of the default ones; may be repeated, and a file in "
         "an earlier one replaces its namesakes in later ones"},
        options.directories);
}

void put_in(daemon::ConfigPaths& paths, const std::vector<std::string>& files) {
    for (const std::string& file : files) {
        const auto [other, is_new] =
            paths.stand_ins.try_emplace(std::string(base_name(file)), file);
        if (!is_new && other->second != file)
            throw Failure(
                ExitCode::Failed,
                fmt::format("{} and {} have the same name, so that only one of them would "
                            "be read: name one at a time",
                            printable(other->second), printable(file)));
    }
}

void put_in_alone(daemon::ConfigPaths& paths, const std::vector<std::string>& files) {
    paths.rule_directories.clear();
    put_in(paths, files);
}

daemon::LoadedConfig load_and_judge(const daemon::ConfigPaths& paths) {
    auto loaded = daemon::load_config(paths);
    std::vector<Diagnostic> before;
    for (const std::string& directory : daemon::missing_directories(paths))
        before.push_back(
            finding(Diagnostic::Severity::Error, directory, "there is no such directory"));
    add_odd_names(before, paths);
    loaded.diagnostics.insert(loaded.diagnostics.begin(), before.begin(), before.end());
    return loaded;
}

daemon::LoadedConfig load_sound(const daemon::ConfigPaths& paths) {
    auto loaded = load_and_judge(paths);
    print_error(config::format(loaded.diagnostics));
    if (const std::size_t errors = loaded.errors(); errors > 0)
        throw Failure(ExitCode::Failed,
                      fmt::format("{}, with which oom-guardd would load none of these files",
                                  counted(errors, "error")));
    return loaded;
}

void require_this_machine(const std::string& host) {
    if (!host.empty())
        throw Failure(ExitCode::Failed,
                      fmt::format("this is about files of this machine; without --host, on {}: ssh "
                                  "{} oom-guardctl ...",
                                  host, host));
}

}  // namespace oomguard::ctl
