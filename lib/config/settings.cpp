// SPDX-License-Identifier: MIT
#include "config/settings.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "config/criteria.hpp"
#include "config/findings.hpp"
#include "config/quantity.hpp"
#include "config/reader.hpp"
#include "config/yaml_tree.hpp"

namespace oomguard::config {
namespace {

using LogLevel = Settings::LogLevel;

constexpr std::array<std::string_view, 8> kKeys = {
    "sweep_interval", "sweep_interval_without_events",
    "sources",        "log_level",
    "dry_run",        "restore_on_stop",
    "exempt_cgroups", "limits"};

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLogLevels = {
    {{"error", LogLevel::Error},
     {"warning", LogLevel::Warning},
     {"info", LogLevel::Info},
     {"debug", LogLevel::Debug}}};

constexpr std::array<Unit, 4> kDurations = {
    {{"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 1> kShares = {{{"%", 1}}};
constexpr std::array<Unit, 3> kSizes = {{{"", 1}, {"KiB", 1'024}, {"MiB", 1'048'576}}};

void read_duration(const MapReader& reader, std::string_view key, std::chrono::milliseconds& out) {
    constexpr std::int64_t kShortest = 100;
    constexpr std::int64_t kLongest = 3'600'000;
    const YamlNode* const node = reader.find(key);
    if (node == nullptr)
        return;
    const auto value = parse_quantity(node->text, kDurations);
    if (value && *value >= kShortest && *value <= kLongest) {
        out = std::chrono::milliseconds(*value);
        return;
    }
    const bool is_scalar = node->kind == YamlNode::Kind::Scalar;
    const bool is_number = parse_integer(node->text).value.has_value();
    std::string_view why;
    if (is_scalar && is_number)
        why = "a unit is missing: ms, s, min or h";
    else if (is_scalar && !value)
        why = "a whole number, directly followed by ms, s, min or h";
    reader.reject(*node, key, "a duration from 100ms to 1h, such as 10s", why);
}

void read_size(const MapReader& reader, std::string_view key, std::int64_t high, std::size_t& out) {
    const YamlNode* const node = reader.find(key);
    if (node == nullptr)
        return;
    const auto value = parse_quantity(node->text, kSizes);
    if (value && *value >= 1 && *value <= high) {
        out = static_cast<std::size_t>(*value);
        return;
    }
    std::string_view why;
    if (node->kind == YamlNode::Kind::Scalar && !value)
        why = "a whole number of bytes, or directly followed by KiB or MiB";
    reader.reject(*node, key, "a size from 1 to " + std::to_string(high) + " bytes, such as 4MiB",
                  why);
}

void read_share(const MapReader& reader, std::string_view key, unsigned& out) {
    constexpr std::int64_t kAll = 100;
    const YamlNode* const node = reader.find(key);
    if (node == nullptr)
        return;
    const auto value = parse_quantity(node->text, kShares);
    if (value && *value <= kAll)
        out = static_cast<unsigned>(*value);
    else
        reader.reject(*node, key, "a share from 0% to 100%, such as 75%");
}

void read_boolean(const MapReader& reader, std::string_view key, bool& out) {
    out = reader.boolean(key).value_or(out);
}

void read_count(const MapReader& reader, std::string_view key, std::int64_t high,
                std::size_t& out) {
    if (const auto value = reader.integer(key, 1, high))
        out = static_cast<std::size_t>(*value);
}

void read_log_level(const MapReader& reader, LogLevel& out) {
    const YamlNode* const node = reader.find("log_level");
    if (node == nullptr)
        return;
    const auto* const level =
        std::find_if(kLogLevels.begin(), kLogLevels.end(), [&](const auto& candidate) {
            return node->kind == YamlNode::Kind::Scalar && candidate.first == node->text;
        });
    if (level != kLogLevels.end())
        out = level->second;
    else
        reader.reject(*node, "log_level", "error, warning, info or debug");
}

/// The map at `key`; nullptr if the key is absent or, which is reported, something else.
const YamlNode* map_at(const MapReader& reader, std::string_view key) {
    const YamlNode* const node = reader.find(key);
    if (node == nullptr || node->kind == YamlNode::Kind::Map)
        return node;
    reader.reject(*node, key, "a map");
    return nullptr;
}

void read_sources(const MapReader& reader, Settings::Sources& sources) {
    constexpr std::array<std::string_view, 7> kSources = {
        "proc_connector", "cgroups",    "exec_doorbell", "rule_files",
        "sweep",          "kernel_log", "journal"};
    const YamlNode* const node = map_at(reader, "sources");
    if (node == nullptr)
        return;
    MapReader map(*node, "sources", reader.findings());
    map.allow_keys(kSources);
    read_boolean(map, "proc_connector", sources.proc_connector);
    read_boolean(map, "cgroups", sources.cgroups);
    read_boolean(map, "exec_doorbell", sources.exec_doorbell);
    read_boolean(map, "rule_files", sources.rule_files);
    read_boolean(map, "sweep", sources.sweep);
    read_boolean(map, "kernel_log", sources.kernel_log);
    read_boolean(map, "journal", sources.journal);
    if (!sources.proc_connector && !sources.cgroups && !sources.exec_doorbell && !sources.sweep)
        reader.findings().warning(
            node->mark,
            "with every source of processes off, new processes are found only on request");
}

void read_limits(const MapReader& reader, Settings::Limits& limits) {
    constexpr std::array<std::string_view, 4> kLimits = {"rules", "file_size", "held_processes",
                                                         "unkillable_memory"};
    constexpr std::int64_t kMostRules = 1'000'000;
    constexpr std::int64_t kLargestFile = 67'108'864;
    constexpr std::int64_t kMostHeld = 4'194'304;
    const YamlNode* const node = map_at(reader, "limits");
    if (node == nullptr)
        return;
    MapReader map(*node, "limits", reader.findings());
    map.allow_keys(kLimits);
    read_count(map, "rules", kMostRules, limits.rules);
    read_size(map, "file_size", kLargestFile, limits.file_size);
    read_count(map, "held_processes", kMostHeld, limits.held_processes);
    read_share(map, "unkillable_memory", limits.unkillable_memory);
}

/// Adds "/x" for each "/x/**": who exempts what is below a cgroup means the cgroup itself too.
std::vector<Pattern> with_tops(const std::vector<Pattern>& patterns) {
    constexpr std::string_view kBelow = "/**";
    std::vector<Pattern> out;
    for (const Pattern& pattern : patterns) {
        out.push_back(pattern);
        std::string_view top = pattern.text();
        if (!top.ends_with(kBelow) || top.size() == kBelow.size())
            continue;
        top.remove_suffix(kBelow.size());
        if (Result<Pattern> glob = Pattern::glob(top, Pattern::Kind::Path))
            out.push_back(*std::move(glob));
    }
    return out;
}

void read_exempt_cgroups(const MapReader& reader, std::vector<Pattern>& out) {
    constexpr std::string_view kKey = "exempt_cgroups";
    if (const YamlNode* const node = reader.find(kKey))
        out = with_tops(read_path_globs(*node, kKey, reader));
}

void read_settings(const YamlNode& root, Settings& settings, Findings& findings) {
    MapReader reader(root, "", findings);
    reader.allow_keys(kKeys);
    read_duration(reader, "sweep_interval", settings.sweep_interval);
    read_duration(reader, "sweep_interval_without_events", settings.sweep_interval_without_events);
    read_sources(reader, settings.sources);
    read_log_level(reader, settings.log_level);
    read_boolean(reader, "dry_run", settings.dry_run);
    read_boolean(reader, "restore_on_stop", settings.restore_on_stop);
    read_exempt_cgroups(reader, settings.exempt_cgroups);
    read_limits(reader, settings.limits);
}

}  // namespace

Settings default_settings() {
    Settings settings;
    std::vector<Pattern> exempt;
    for (const std::string_view glob : {"/kubepods.slice/**", "/kubepods/**"}) {
        if (Result<Pattern> pattern = Pattern::glob(glob, Pattern::Kind::Path))
            exempt.push_back(*std::move(pattern));
    }
    settings.exempt_cgroups = with_tops(exempt);
    return settings;
}

LoadedSettings load_settings(const SourceFile& file) {
    LoadedSettings loaded{default_settings(), {}};
    Findings findings;
    if (file.failure) {
        findings.error({}, "cannot be read: " + shown(*file.failure));
    } else if (const auto tree = parse_yaml(content(file), findings)) {
        const YamlNode& root = tree->root;
        if (root.kind == YamlNode::Kind::Map)
            read_settings(root, loaded.settings, findings);
        else if (root.kind != YamlNode::Kind::Null && root.kind != YamlNode::Kind::Invalid)
            findings.error(root.mark, "the file must be a map of settings, got " + describe(root));
    }
    loaded.diagnostics = findings.report(std::span(&file, 1));
    return loaded;
}

}  // namespace oomguard::config
