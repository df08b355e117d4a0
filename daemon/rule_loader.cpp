// SPDX-License-Identifier: MIT
#include "daemon/rule_loader.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <iterator>
#include <utility>

#include "core/source_file.hpp"
#include "sys/accounts.hpp"
#include "sys/drop_in.hpp"
#include "sys/trusted_file.hpp"

namespace oomguard::daemon {
namespace {

constexpr std::size_t kLargestSettingsFile = std::size_t{1} << 20U;

SourceFile read_settings(const ConfigPaths& paths) {
    auto text = sys::read_trusted_file(paths.settings_file, kLargestSettingsFile);
    if (text)
        return {paths.settings_file, std::move(*text), {}};
    const bool is_absent = text.error().code == std::errc::no_such_file_or_directory;
    if (is_absent && !paths.settings_file_must_exist)
        return {paths.settings_file, "", {}};
    return {paths.settings_file, "", sys::distrust_text(text.error(), paths.settings_file)};
}

void add_fingerprint(LoadedConfig& config, const SourceFile& file) {
    constexpr std::size_t kOddMultiplier = 0x9e3779b97f4a7c15;
    for (const auto* part : {&file.path, &file.text})
        config.fingerprint =
            (config.fingerprint ^ std::hash<std::string>()(*part)) * kOddMultiplier;
    config.fingerprint += file.failure ? std::hash<std::string>()(*file.failure) : 0;
}

void load_rules_into(LoadedConfig& config, const std::vector<std::string>& directories,
                     const sys::StandIns& stand_ins = {}) {
    auto files = sys::read_drop_ins(directories, config.settings.limits.file_size, stand_ins);
    const config::Accounts accounts{.user_id = sys::user_id, .group_id = sys::group_id};
    auto loaded = config::load_rules(files, accounts, {.rules = config.settings.limits.rules});
    config.rules = std::move(loaded.rules);
    config.rule_files = files.size();
    std::move(loaded.diagnostics.begin(), loaded.diagnostics.end(),
              std::back_inserter(config.diagnostics));
    for (const auto& file : files)
        add_fingerprint(config, file);
}

}  // namespace

std::vector<std::string> missing_directories(const ConfigPaths& paths) {
    std::vector<std::string> missing;
    if (!paths.rule_directories_are_given)
        return missing;
    for (const auto& directory : paths.rule_directories) {
        std::error_code failure;
        const auto type = std::filesystem::status(directory, failure).type();
        if (type == std::filesystem::file_type::not_found)
            missing.push_back(directory);
    }
    return missing;
}

LoadedConfig load_config(const ConfigPaths& paths) {
    LoadedConfig config;
    const SourceFile settings_file = read_settings(paths);
    add_fingerprint(config, settings_file);
    auto loaded = config::load_settings(settings_file);
    config.diagnostics = std::move(loaded.diagnostics);
    config.settings =
        config.errors() == 0 ? std::move(loaded.settings) : config::default_settings();
    load_rules_into(config, paths.rule_directories, paths.stand_ins);
    return config;
}

LoadedConfig load_shipped_config(const ConfigPaths& paths) {
    LoadedConfig config;
    config.settings = config::default_settings();
    if (!paths.rule_directories.empty())
        load_rules_into(config, {paths.rule_directories.back()});
    return config;
}

}  // namespace oomguard::daemon
