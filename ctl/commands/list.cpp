// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/arguments.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/output/units.hpp"
#include "ctl/rule_names.hpp"

namespace oomguard::ctl {
namespace {

struct ListOptions {
    std::vector<std::string> rules;
    std::vector<std::string> users;
    std::vector<std::string> states;
    std::string sort = "pid";
};

/// A process held, with its memory; none if it has ended meanwhile.
struct Listed {
    ProcessRow process;
    std::optional<std::uint64_t> memory;
};

std::vector<Listed> listed(Manager& manager, const ListOptions& options) {
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> memory;
    for (const MemoryRow& row : manager.memory())
        memory[{row.pid, row.start_time}] = row.bytes;
    std::vector<Listed> rows;
    for (ProcessRow& process : manager.processes()) {
        if (!is_one_of(options.rules, process.rule) || !is_one_of(options.users, process.user) ||
            !is_one_of(options.states, process.state))
            continue;
        const auto found = memory.find({process.pid, process.start_time});
        rows.push_back({std::move(process),
                        found == memory.end() ? std::nullopt : std::optional(found->second)});
    }
    return rows;
}

using Before = bool (*)(const Listed&, const Listed&);

template <auto member>
bool is_less(const Listed& a, const Listed& b) {
    return a.process.*member < b.process.*member;
}

bool has_more_memory(const Listed& a, const Listed& b) {
    return a.memory.value_or(0) > b.memory.value_or(0);
}

struct SortColumn {
    std::string_view name;
    Before before;
};

/// By the column's ascending order, but for memory, the most of which comes first.
constexpr std::array kSortColumns = {SortColumn{"pid", is_less<&ProcessRow::pid>},
                                     SortColumn{"name", is_less<&ProcessRow::name>},
                                     SortColumn{"user", is_less<&ProcessRow::user>},
                                     SortColumn{"rule", is_less<&ProcessRow::rule>},
                                     SortColumn{"original", is_less<&ProcessRow::original>},
                                     SortColumn{"wanted", is_less<&ProcessRow::wanted>},
                                     SortColumn{"current", is_less<&ProcessRow::current>},
                                     SortColumn{"state", is_less<&ProcessRow::state>},
                                     SortColumn{"memory", has_more_memory}};

std::vector<std::string> sort_column_names() {
    std::vector<std::string> names(kSortColumns.size());
    std::transform(kSortColumns.begin(), kSortColumns.end(), names.begin(),
                   [](const SortColumn& column) { return std::string(column.name); });
    return names;
}

/// Where the column has the same, by pid.
void sort_by(std::vector<Listed>& rows, const std::string& name) {
    for (const std::string_view key : {std::string_view("pid"), std::string_view(name)}) {
        const auto* column = std::find_if(kSortColumns.begin(), kSortColumns.end(),
                                          [&](const auto& known) { return known.name == key; });
        if (column != kSortColumns.end())
            std::stable_sort(rows.begin(), rows.end(), column->before);
    }
}

Table table_of(const std::vector<Listed>& rows) {
    using Align = Table::Align;
    Table table({{"PID", Align::Right},
                 {"NAME", Align::Left, 8},
                 {"USER", Align::Left, 6},
                 {"RULE", Align::Left, 10},
                 {"ORIGINAL", Align::Right},
                 {"WANTED", Align::Right},
                 {"CURRENT", Align::Right},
                 {"STATE"},
                 {"MEMORY", Align::Right}});
    for (const auto& [process, memory] : rows)
        table.add({std::to_string(process.pid),
                   process.name,
                   process.user,
                   process.rule.empty() ? "-" : process.rule,
                   std::to_string(process.original),
                   std::to_string(process.wanted),
                   std::to_string(process.current),
                   {process.state, style_of_state(process.state)},
                   memory ? bytes_text(*memory) : "-"});
    return table;
}

Json json_of(const std::vector<Listed>& rows) {
    Json list = Json::array();
    for (const auto& [process, memory] : rows) {
        Json row = {{"pid", process.pid},
                    {"start_time", process.start_time},
                    {"name", process.name},
                    {"user", process.user},
                    {"rule", or_null(process.rule)},
                    {"original", process.original},
                    {"wanted", process.wanted},
                    {"current", process.current},
                    {"state", process.state}};
        row["memory"] = memory ? Json(*memory) : Json(nullptr);
        list.push_back(std::move(row));
    }
    return list;
}

int list(Session& session, const ListOptions& options) {
    require_rules(session.manager(), options.rules);
    auto rows = listed(session.manager(), options);
    sort_by(rows, options.sort);
    if (session.settings().json) {
        Session::print(json_of(rows));
    } else {
        session.start_pager();
        session.print(table_of(rows), counted(rows.size(), "process", "processes") + ".");
    }
    session.finish();
    return 0;
}

}  // namespace

void add_list(Commands& commands, Session& session) {
    const auto options = std::make_shared<ListOptions>();
    auto command = commands.add("list", "List the processes that are held");
    command.add_texts({"--rule", "RULE", "Only those of this rule; may be repeated"},
                      options->rules);
    command.add_texts({"--user", "USER", "Only those of this user; may be repeated"},
                      options->users);
    command.add_choices({"--state", "STATE", "Only those in this state; may be repeated"},
                        {"held", "drifting", "refused", "dry-run"}, options->states);
    command.add_choice({"--sort", "COLUMN", "The column to sort by"}, sort_column_names(),
                       options->sort);
    command.set_action([options, &session] { return list(session, *options); });
}

}  // namespace oomguard::ctl
