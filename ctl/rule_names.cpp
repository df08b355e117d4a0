// SPDX-License-Identifier: MIT
#include "ctl/rule_names.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/core.h>

#include "core/rule.hpp"
#include "core/text.hpp"
#include "ctl/arguments.hpp"
#include "ctl/failure.hpp"

namespace oomguard::ctl {
namespace {

bool is_hold(std::string_view name) {
    return name.starts_with(kHoldPrefix) && parse_pid(name.substr(kHoldPrefix.size()));
}

}  // namespace

void require_rules(Manager& manager, const std::vector<std::string>& names) {
    if (names.empty())
        return;
    const auto rules = manager.rules();
    std::vector<std::string_view> known;
    known.reserve(rules.size());
    for (const RuleRow& rule : rules)
        known.emplace_back(rule.name);
    for (const std::string& name : names) {
        if (is_hold(name) || std::find(known.begin(), known.end(), name) != known.end())
            continue;
        const auto near = nearest(name, known);
        throw Failure(
            ExitCode::NoSuch,
            fmt::format("there is no rule '{}'{}; see: oom-guardctl rules", printable(name),
                        near ? fmt::format(" (did you mean '{}'?)", *near) : ""));
    }
}

}  // namespace oomguard::ctl
