// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "core/rule.hpp"
#include "core/source_file.hpp"

namespace oomguard::config {

/// How the names of users and groups become numbers; nullopt for a name the machine does not
/// have. Injected, because asking the system is not this library's business.
struct Accounts {
    std::function<std::optional<Uid>(const std::string&)> user_id;
    std::function<std::optional<Gid>(const std::string&)> group_id;
};

struct RuleLimits {
    std::size_t rules = 32'768;  ///< over all files
};

/// What a load found. With an error among the diagnostics, `rules` is empty: a load with an error
/// changes nothing.
struct LoadedRules {
    std::vector<Rule> rules;  ///< in the order in which they are tried, without disabled ones
    std::vector<Diagnostic> diagnostics;  ///< by file, line and column
};

/// Parses and compiles rule files, already in the order in which they are tried. Every error in
/// every file is found at once; a syntax error ends only its own file.
[[nodiscard]] LoadedRules load_rules(const std::vector<SourceFile>& files, const Accounts& accounts,
                                     const RuleLimits& limits);

}  // namespace oomguard::config
