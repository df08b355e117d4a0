// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "config/rule_file.hpp"
#include "core/pattern.hpp"
#include "core/rule.hpp"

namespace oomguard::config {

/// Reads the map of a `match` or an `except`; `where` is such as "match of rule 'browser'". What is
/// wrong is reported and left out.
[[nodiscard]] Criteria read_criteria(const YamlNode& map, const std::string& where,
                                     const Accounts& accounts, Findings& findings);

/// Reads the path glob at `key` of `reader`, or the list of them, which may be empty. Reported is,
/// besides what is no glob, one that no absolute path can match.
[[nodiscard]] std::vector<Pattern> read_path_globs(const YamlNode& value, std::string_view key,
                                                   const MapReader& reader);

}  // namespace oomguard::config
