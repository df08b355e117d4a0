// SPDX-License-Identifier: MIT
#include "daemon/options.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>

#include <CLI/CLI.hpp>

namespace oomguard::daemon {
namespace {

constexpr int kUsageError = 2;

/// systemd names the unit's directories.
std::string directory_of_unit(const char* variable, const char* fallback) {
    const char* directory = std::getenv(variable);
    return directory != nullptr && *directory == '/' ? directory : fallback;
}

void make_absolute(std::string& path) {
    path = std::filesystem::absolute(path).lexically_normal().string();
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    using LogLevel = config::Settings::LogLevel;
    const std::map<std::string, LogLevel> levels = {{"error", LogLevel::Error},
                                                    {"warning", LogLevel::Warning},
                                                    {"info", LogLevel::Info},
                                                    {"debug", LogLevel::Debug}};
    ParsedOptions parsed;
    Options& options = parsed.options;
    options.runtime_directory = directory_of_unit("RUNTIME_DIRECTORY", "/run/oom-guardd");
    options.state_directory = directory_of_unit("STATE_DIRECTORY", "/var/lib/oom-guardd");
    std::vector<std::string> rules;
    std::vector<std::string> directories;
    std::string log_level;

    CLI::App app("Decides who survives when memory runs out: holds oom_score_adj by rules.",
                 "oom-guardd");
    app.set_version_flag("--version", "oom-guardd " OOMGUARD_VERSION, "Print the version and exit");
    app.set_help_flag("-h,--help", "Print this help and exit");
    auto* config = app.add_option("--config", options.paths.settings_file, "The settings file")
                       ->type_name("FILE")
                       ->capture_default_str();
    app.add_option("--rules", rules,
                   "A rule directory in place of the default ones; may be repeated, and a file in "
                   "an earlier one replaces its namesakes in later ones")
        ->type_name("DIR")
        ->allow_extra_args(false);
    app.add_option("--runtime-dir", options.runtime_directory,
                   "Where the original scores are recorded")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--state-dir", options.state_directory, "Where it is recorded what was killed")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--bus", options.bus, "The bus: system, session, a D-Bus address, or none")
        ->type_name("BUS")
        ->capture_default_str();
    auto* dry_run =
        app.add_flag("--dry-run", options.dry_run, "Write no score; tell what would be written");
    app.add_option("--log-level", log_level, "error, warning, info or debug")->type_name("LEVEL");
    auto* check = app.add_flag("--check-config", options.check_config,
                               "Check the settings and the rule directories (or the DIRs), "
                               "tell every error, and exit");
    app.add_flag("--restore", options.restore,
                 "Give back every original score that is on record, and exit; no oom-guardd may "
                 "run on the same runtime directory")
        ->excludes(check)
        ->excludes(dry_run);
    app.add_option("DIR", directories, "With --check-config: the rule directories to check")
        ->needs(check);
    app.footer(
        "Signals: HUP loads the files again, TERM and INT stop.\n"
        "See oom-guardd(8), oom-guardd.yaml(5), oom-guardd-rules(5), org.oomguard1(5).");

    try {
        app.parse(argc, argv);
        if (!log_level.empty()) {
            const auto found = levels.find(log_level);
            if (found == levels.end())
                throw CLI::ValidationError(
                    "--log-level", "'" + log_level + "' is not error, warning, info or debug");
            options.log_level = found->second;
        }
    } catch (const CLI::Success& done) {
        parsed.exit_status = app.exit(done);
        return parsed;
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        parsed.exit_status = kUsageError;
        return parsed;
    }

    options.paths.settings_file_must_exist = config->count() > 0;
    rules.insert(rules.end(), directories.begin(), directories.end());
    if (!rules.empty()) {
        options.paths.rule_directories = std::move(rules);
        options.paths.rule_directories_are_given = true;
    }
    make_absolute(options.paths.settings_file);
    make_absolute(options.runtime_directory);
    make_absolute(options.state_directory);
    for (auto& directory : options.paths.rule_directories)
        make_absolute(directory);
    return parsed;
}

}  // namespace oomguard::daemon
