// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"
#include "sys/procfs.hpp"

// What the tests of the bus have in common.
namespace oomguard::test {

/// No news comes by itself but of executed programs, so that what a test counts is its own. Files
/// are loaded on request only.
inline constexpr const char* kQuietSettings =
    "sources: {proc_connector: false, cgroups: false, rule_files: false}\n"
    "sweep_interval: 1h\nsweep_interval_without_events: 1h\n";

/// The text of a file with one rule, for the program of that name.
inline std::string rule_text(const std::string& rule, const std::string& program,
                             const std::string& value) {
    return "rules:\n  - name: " + rule + "\n    match: {name: \"" + program +
           "\"}\n    oom_score_adj: " + value + "\n";
}

inline std::uint64_t start_time(pid_t pid) {
    return sys::Procfs::open()->open_process(pid)->read_stat()->id.start_time;
}

/// What a call fails with: "NAME: MESSAGE"; empty if it does not.
template <typename Call>
std::string failure_of(Call call) {
    try {
        (void)call();
    } catch (const sdbus::Error& error) {
        return std::string(error.getName()) + ": " + error.getMessage();
    }
    return {};
}

/// "u:1234", "s:held", "b:true"
inline std::string text_of(const sdbus::Variant& variant) {
    const std::string type = variant.peekValueType();
    if (type == "s")
        return "s:" + variant.get<std::string>();
    if (type == "u")
        return "u:" + std::to_string(variant.get<std::uint32_t>());
    if (type == "i")
        return "i:" + std::to_string(variant.get<std::int32_t>());
    if (type == "t")
        return "t:" + std::to_string(variant.get<std::uint64_t>());
    if (type == "b")
        return variant.get<bool>() ? "b:true" : "b:false";
    return type;
}

inline std::map<std::string, std::string> texts_of(
    const std::map<std::string, sdbus::Variant>& details) {
    std::map<std::string, std::string> texts;
    for (const auto& [key, value] : details)
        texts[key] = text_of(value);
    return texts;
}

}  // namespace oomguard::test
