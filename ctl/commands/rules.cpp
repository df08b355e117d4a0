// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/commands/commands.hpp"

namespace oomguard::ctl {
namespace {

struct RulesOptions {
    bool idle = false;
};

bool is_idle(const RuleRow& rule) {
    return rule.held == 0 && rule.refused == 0;
}

/// It means no process, and has meant none since it was loaded: perhaps it is misspelt.
bool is_unmatched(const RuleRow& rule) {
    return is_idle(rule) && rule.matches == 0;
}

Table table_of(const std::vector<RuleRow>& rules, const char* mark) {
    using Align = Table::Align;
    Table table({{""},
                 {"RULE", Align::Left, 12},
                 {"VALUE"},
                 {"HELD", Align::Right},
                 {"REFUSED", Align::Right},
                 {"MATCHES", Align::Right},
                 {"ORIGIN", Align::Left, 16}});
    for (const RuleRow& rule : rules) {
        const Style look = is_idle(rule) ? Style::Faint : Style::Plain;
        table.add({{is_unmatched(rule) ? mark : " ", Style::Warning},
                   {rule.name, look},
                   {rule.value, look},
                   {std::to_string(rule.held), look},
                   {std::to_string(rule.refused), rule.refused > 0 ? Style::Bad : look},
                   {std::to_string(rule.matches), look},
                   {rule.origin, look}});
    }
    return table;
}

std::string summary_of(const std::vector<RuleRow>& rules, const char* mark) {
    const auto unmatched = std::count_if(rules.begin(), rules.end(), is_unmatched);
    const std::string all = counted(rules.size(), "rule");
    if (unmatched == 0)
        return all + ".";
    return fmt::format("{}, {} of them {} matched nothing since loaded ({}).", all, unmatched,
                       unmatched == 1 ? "has" : "have", mark);
}

Json json_of(const std::vector<RuleRow>& rules) {
    Json list = Json::array();
    for (const RuleRow& rule : rules)
        list.push_back({{"name", rule.name},
                        {"origin", rule.origin},
                        {"value", rule.value},
                        {"held", rule.held},
                        {"refused", rule.refused},
                        {"matches", rule.matches}});
    return list;
}

int rules(Session& session, const RulesOptions& options) {
    auto rows = session.manager().rules();
    if (options.idle)
        rows.erase(std::remove_if(rows.begin(), rows.end(),
                                  [](const RuleRow& rule) { return !is_idle(rule); }),
                   rows.end());
    if (session.settings().json) {
        Session::print(json_of(rows));
    } else {
        const char* mark = session.terminal().dot();
        session.start_pager();
        session.print(table_of(rows, mark), summary_of(rows, mark));
    }
    session.finish();
    return 0;
}

}  // namespace

void add_rules(Commands& commands, Session& session) {
    const auto options = std::make_shared<RulesOptions>();
    auto command = commands.add("rules", "List the rules in force, in the order tried");
    command.add_flag("--idle", "Only those that hold nothing now", options->idle);
    command.set_action([options, &session] { return rules(session, *options); });
}

}  // namespace oomguard::ctl
