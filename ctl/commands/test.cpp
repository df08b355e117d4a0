// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/originals.hpp"
#include "ctl/output/standard_error.hpp"
#include "ctl/rehearsal.hpp"
#include "ctl/rule_files.hpp"

namespace oomguard::ctl {
namespace {

struct TestOptions {
    RuleFileOptions files;
    std::vector<std::string> tested;
    bool alone = false;
};

/// A process that the tested files mean, or that another rule decides for because of them.
struct Tested {
    ProcessId id;
    std::string name;
    std::string user;
    std::string rule;  ///< empty: none
    int now = 0;
    int then = 0;
    std::string rule_before;  ///< of the installed rules; empty: none
    bool is_by_tested_file = false;
};

struct Outcome {
    std::vector<Tested> rows;
    std::vector<std::string> gaps;

    [[nodiscard]] std::size_t held() const {
        return static_cast<std::size_t>(std::count_if(
            rows.begin(), rows.end(), [](const Tested& row) { return row.is_by_tested_file; }));
    }
    [[nodiscard]] std::size_t changed() const {
        return static_cast<std::size_t>(std::count_if(
            rows.begin(), rows.end(), [](const Tested& row) { return row.now != row.then; }));
    }
};

using RowsById = std::map<ProcessId, Rehearsal::Row>;

std::string name_of_rule(const Rehearsal& rehearsal, const Rehearsal::Row& row) {
    return row.rule ? rehearsal.rules()[*row.rule].name : "";
}

std::optional<ProcessId> id_now(const Rehearsal& rehearsal, Pid pid) {
    const auto seen = rehearsal.procfs().glance(pid);
    return seen ? std::optional(seen->id) : std::nullopt;
}

/// Compares what would be with what the installed rules would have. All processes of `before` were
/// looked at for `after` too.
std::vector<Tested> compared(const Rehearsal& after, const Rehearsal* before,
                             const std::vector<std::string>& files) {
    const std::set<std::string> tested(files.begin(), files.end());
    RowsById rows_before;
    if (before != nullptr) {
        for (const Rehearsal::Row& row : before->rows())
            rows_before.emplace(row.id, row);
    }
    std::vector<Tested> rows;
    const auto add = [&](const Rehearsal::Row& row, const std::string& rule) {
        Tested one{row.id, row.name, row.user, rule, row.now, row.then, {}, false};
        one.is_by_tested_file = row.rule && tested.contains(*after.rules()[*row.rule].origin.file);
        const auto was = rows_before.find(row.id);
        const bool was_held = was != rows_before.end();
        if (was_held)
            one.rule_before = name_of_rule(*before, was->second);
        const int then_before = was_held ? was->second.then : row.now;
        if (one.is_by_tested_file || one.rule != one.rule_before || one.then != then_before)
            rows.push_back(std::move(one));
    };
    std::set<ProcessId> seen;
    for (const Rehearsal::Row& row : after.rows()) {
        seen.insert(row.id);
        add(row, name_of_rule(after, row));
    }
    for (const auto& [id, row] : rows_before) {
        if (seen.contains(id) || id_now(after, id.pid) != id)
            continue;
        Rehearsal::Row left = row;
        left.rule.reset();
        left.then = left.now;
        add(left, "");
    }
    std::sort(rows.begin(), rows.end(),
              [](const Tested& a, const Tested& b) { return a.id < b.id; });
    return rows;
}

Outcome rehearse(Session& session, const TestOptions& options) {
    auto paths = options.files.paths();
    const auto installed = daemon::load_config(paths);
    if (options.alone)
        put_in_alone(paths, options.tested);
    else
        put_in(paths, options.tested);
    auto loaded = load_sound(paths);

    Rehearsal::Plan plan;
    auto originals = originals_of(session, installed.rules);
    plan.originals = std::move(originals.ledger);
    plan.daemon_pid = originals.daemon_pid;
    plan.settings = std::move(loaded.settings);
    std::unique_ptr<Rehearsal> before;
    if (!options.alone && installed.errors() == 0) {
        plan.rules = installed.rules;
        before = std::make_unique<Rehearsal>(plan);
        plan.pids = before->pids();
    }
    plan.rules = std::move(loaded.rules);
    const Rehearsal after(std::move(plan));

    Outcome outcome{compared(after, before.get(), options.tested), after.gaps()};
    if (!originals.unknown.empty())
        outcome.gaps.push_back(
            "if oom-guardd runs, the scores that it has written count here as "
            "the processes' own: " +
            originals.unknown);
    return outcome;
}

std::string change_of(const Tested& row) {
    std::string text;
    if (row.then != row.now)
        text = row.then < row.now ? "lowered" : "raised";
    if (!row.rule_before.empty() && row.rule_before != row.rule)
        text += (text.empty() ? "" : ", ") + ("was " + row.rule_before);
    return text.empty() ? "-" : text;
}

Table table_of(const std::vector<Tested>& rows) {
    using Align = Table::Align;
    Table table({{"PID", Align::Right},
                 {"NAME", Align::Left, 8},
                 {"USER", Align::Left, 6},
                 {"RULE", Align::Left, 10},
                 {"NOW", Align::Right},
                 {"THEN", Align::Right},
                 {"CHANGE", Align::Left, 8}});
    for (const Tested& row : rows)
        table.add({std::to_string(row.id.pid),
                   row.name,
                   row.user,
                   row.rule.empty() ? "-" : row.rule,
                   std::to_string(row.now),
                   {std::to_string(row.then), row.now == row.then ? Style::Plain : Style::Strong},
                   change_of(row)});
    return table;
}

std::string summary_of(const Outcome& outcome, const TestOptions& options) {
    const std::string files =
        options.tested.size() == 1 ? printable(options.tested.front()) : "these files";
    return fmt::format("With {} {}: {} held by {}, {} changed.", files,
                       options.alone ? "as the only rules" : "among the installed rules",
                       counted(outcome.held(), "process", "processes"),
                       options.tested.size() == 1 ? "it" : "them",
                       counted(outcome.changed(), "score"));
}

Json json_of(const Outcome& outcome, const TestOptions& options) {
    Json list = Json::array();
    for (const Tested& row : outcome.rows)
        list.push_back({{"pid", row.id.pid},
                        {"start_time", row.id.start_time},
                        {"name", row.name},
                        {"user", row.user},
                        {"rule", or_null(row.rule)},
                        {"rule_before", or_null(row.rule_before)},
                        {"now", row.now},
                        {"then", row.then}});
    return {{"files", options.tested},      {"alone", options.alone},
            {"processes", std::move(list)}, {"held", outcome.held()},
            {"changed", outcome.changed()}, {"notes", outcome.gaps}};
}

int test(Session& session, const TestOptions& options) {
    require_this_machine(session.settings().host);
    const Outcome outcome = rehearse(session, options);
    if (session.settings().json) {
        Session::print(json_of(outcome, options));
    } else {
        for (const std::string& gap : outcome.gaps)
            print_error(fmt::format("note: {}\n", gap));
        session.start_pager();
        session.print(table_of(outcome.rows), summary_of(outcome, options));
    }
    session.finish();
    return 0;
}

}  // namespace

void add_test(Commands& commands, Session& session) {
    const auto options = std::make_shared<TestOptions>();
    auto command = commands.add(
        "test", "List what rule files would hold, and what would change; without changing it");
    command.add_arguments({"FILE", "", "Rule files, as if they were in /etc/oom-guardd/rules.d"},
                          options->tested);
    command.add_flag("--alone", "As if there were no other rules", options->alone);
    add_rule_file_options(command, options->files);
    command.set_action([options, &session] { return test(session, *options); });
}

}  // namespace oomguard::ctl
