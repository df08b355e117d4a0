// SPDX-License-Identifier: MIT
#include "loading.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "core/text.hpp"

namespace oomguard::config::test {
namespace {

std::string dump(std::string_view key, const Patterns& patterns) {
    std::string out;
    for (const Pattern& pattern : patterns)
        out += " \"" + pattern.text() + "\"";
    return out.empty() ? out : "  " + std::string(key) + ":" + out + "\n";
}

std::string dump(const Criteria& criteria) {
    std::string out = dump("name", criteria.name) + dump("cmdline", criteria.cmdline) +
                      dump("exe", criteria.exe) + dump("cgroup", criteria.cgroup) +
                      dump("unit", criteria.unit) + dump("parent", criteria.parent) +
                      dump("ancestor", criteria.ancestor);
    if (!criteria.user)
        return out;
    out += "  user:";
    for (const Principal& principal : *criteria.user)
        out += (principal.kind == Principal::Kind::User ? " user " : " group ") +
               std::to_string(principal.id);
    return out + "\n";
}

std::string dump(OomdPreference preference) {
    if (preference == OomdPreference::None)
        return "";
    return std::string(" systemd_oomd: ") + preference_text(preference) + "\n";
}

std::string dump(Trust trust) {
    return trust == Trust::Any ? " trust: any\n" : "";
}

std::string dump(Children children) {
    if (children == Children::Reset)
        return "";
    return std::string(" children: ") + (children == Children::Include ? "include" : "inherit") +
           "\n";
}

std::string on(bool value) {
    return value ? "true" : "false";
}

}  // namespace

Accounts accounts() {
    const auto user = [](const std::string& name) -> std::optional<Uid> {
        if (name == "root")
            return 0;
        if (name == "alice")
            return 1000;
        return std::nullopt;
    };
    const auto group = [](const std::string& name) -> std::optional<Gid> {
        return name == "ml" ? std::optional<Gid>(2000) : std::nullopt;
    };
    return {user, group};
}

LoadedRules load(const std::vector<SourceFile>& files) {
    return load_rules(files, accounts(), RuleLimits());
}

LoadedRules load(const std::string& text) {
    return load({SourceFile{"f.yaml", text, std::nullopt}});
}

std::string dump(const Rule& rule) {
    std::string out = "'" + rule.name + "' (" + rule.origin.text() + "): " + rule.value.text() +
                      "\n" + dump(rule.children) + dump(rule.systemd_oomd) + dump(rule.trust) +
                      (rule.broad ? " broad: true\n" : "") + dump(rule.match);
    if (!rule.description.empty())
        out += " description: " + printable(rule.description) + "\n";
    return rule.except ? out + " except\n" + dump(*rule.except) : out;
}

std::string dump(const LoadedRules& loaded) {
    std::string out = format(loaded.diagnostics);
    for (const Rule& rule : loaded.rules)
        out += dump(rule);
    return out;
}

std::string dump(const LoadedSettings& loaded) {
    constexpr std::array kLevels = {"error", "warning", "info", "debug"};
    const Settings& s = loaded.settings;
    return format(loaded.diagnostics) +
           "sweep_interval: " + std::to_string(s.sweep_interval.count()) +
           "\nsweep_interval_without_events: " +
           std::to_string(s.sweep_interval_without_events.count()) +
           "\nproc_connector: " + on(s.sources.proc_connector) +
           "\ncgroups: " + on(s.sources.cgroups) +
           "\nexec_doorbell: " + on(s.sources.exec_doorbell) +
           "\nrule_files: " + on(s.sources.rule_files) + "\nsweep: " + on(s.sources.sweep) +
           "\nkernel_log: " + on(s.sources.kernel_log) + "\njournal: " + on(s.sources.journal) +
           "\nlog_level: " + kLevels.at(static_cast<std::size_t>(s.log_level)) +
           "\ndry_run: " + on(s.dry_run) + "\nrestore_on_stop: " + on(s.restore_on_stop) + "\n" +
           dump("exempt_cgroups", s.exempt_cgroups) + "rules: " + std::to_string(s.limits.rules) +
           "\nfile_size: " + std::to_string(s.limits.file_size) +
           "\nheld_processes: " + std::to_string(s.limits.held_processes) +
           "\nunkillable_memory: " + std::to_string(s.limits.unkillable_memory) + "%\n";
}

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream)
        throw std::runtime_error("cannot open " + path);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<std::string> corpus(const std::string& directory) {
    std::vector<std::string> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(OOMGUARD_TEST_DATA "/") + directory)) {
        if (entry.path().extension() == ".yaml")
            paths.push_back(entry.path().string());
    }
    if (paths.empty())
        throw std::runtime_error("no files in " + directory);
    std::sort(paths.begin(), paths.end());
    return paths;
}

SourceFile corpus_file(const std::string& path) {
    return {std::string(base_name(path)), read_file(path), std::nullopt};
}

std::string expectation(const std::string& path) {
    return read_file(std::filesystem::path(path).replace_extension(".expected").string());
}

}  // namespace oomguard::config::test
