// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/rule_file.hpp"
#include "config/settings.hpp"
#include "core/source_file.hpp"

namespace oomguard::config::test {

/// A machine with the users root (0) and alice (1000) and the group ml (2000).
Accounts accounts();

/// Loads one file called "f.yaml".
LoadedRules load(const std::string& text);
LoadedRules load(const std::vector<SourceFile>& files);

/// What was loaded, in full.
std::string dump(const Rule& rule);
std::string dump(const LoadedRules& loaded);
std::string dump(const LoadedSettings& loaded);

std::string read_file(const std::string& path);

/// The YAML files in a directory of tests/data, by name.
std::vector<std::string> corpus(const std::string& directory);

/// The file as it was read, under its base name.
SourceFile corpus_file(const std::string& path);

/// The content of the ".expected" file beside it.
std::string expectation(const std::string& path);

}  // namespace oomguard::config::test
