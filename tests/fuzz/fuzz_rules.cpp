// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "config/rule_file.hpp"
#include "diagnostic_check.hpp"
#include "require.hpp"

namespace oomguard::config {
namespace {

Accounts accounts() {
    const auto id = [](const std::string& name) -> std::optional<std::uint32_t> {
        return name.size() % 2 == 0 ? std::optional<std::uint32_t>(7) : std::nullopt;
    };
    return {id, id};
}

bool has_any_key(const Criteria& criteria) {
    return !criteria.name.empty() || !criteria.cmdline.empty() || !criteria.exe.empty() ||
           !criteria.cgroup.empty() || !criteria.unit.empty() || !criteria.parent.empty() ||
           !criteria.ancestor.empty() || criteria.user.has_value();
}

void check_rule(const Rule& rule) {
    require(!rule.name.empty() && rule.name.size() <= 128);
    require(rule.origin.line >= 1);
    require(has_any_key(rule.match));
    require(!rule.except || has_any_key(*rule.except));
    require(rule.value.limit >= kLowestScore && rule.value.limit <= kHighestScore);
}

}  // namespace

int fuzz(const std::string& text) {
    const LoadedRules loaded = load_rules({{"f.yaml", text, std::nullopt}}, accounts(), {1'000});
    check_diagnostics(loaded.diagnostics, text);
    require(loaded.rules.empty() || count_errors(loaded.diagnostics) == 0);
    std::set<std::string> names;
    for (const Rule& rule : loaded.rules) {
        check_rule(rule);
        require(names.insert(rule.name).second);
    }
    return 0;
}

}  // namespace oomguard::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return oomguard::config::fuzz(std::string(data, data + size));
}
