// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/failure.hpp"
#include "ctl/originals.hpp"
#include "ctl/output/standard_error.hpp"
#include "ctl/output/units.hpp"
#include "ctl/rehearsal.hpp"
#include "ctl/rule_files.hpp"
#include "daemon/cgroup_request.hpp"
#include "sys/accounts.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::ctl {
namespace {

struct RankOptions {
    std::uint32_t most = 20;
    std::string cgroup;
    std::vector<std::string> tried;  ///< rule files that are not installed
    RuleFileOptions installed;
};

/// Rows with their places from 1; 0: never killed.
struct Placed {
    RankRow row;
    std::uint32_t place = 0;
};

struct Ranking {
    std::vector<Placed> shown;
    std::size_t killable = 0;
    std::size_t never = 0;
};

Ranking ranking_of(std::vector<RankRow> rows, std::uint32_t most) {
    Ranking ranking;
    for (RankRow& row : rows) {
        const bool is_killable = row.points != RankRow::kNever;
        ranking.killable += is_killable ? 1 : 0;
        ranking.never += is_killable ? 0 : 1;
        const auto place = static_cast<std::uint32_t>(is_killable ? ranking.killable : 0);
        if (most == 0 || ranking.shown.size() < most)
            ranking.shown.push_back({std::move(row), place});
    }
    return ranking;
}

std::string place_text(std::uint32_t place) {
    return place == 0 ? "never" : std::to_string(place);
}

/// Whether the rules let it die later, or earlier, than it would without them.
Style style_of(const Placed& placed) {
    const auto& [row, place] = placed;
    const bool is_same = place == row.unruled_place;
    if (is_same || row.score == row.unruled_score)
        return Style::Plain;
    const bool dies_later = place == 0 || (row.unruled_place != 0 && place > row.unruled_place);
    return dies_later ? Style::Good : Style::Warning;
}

// The least widths fit 80 columns, with the widest values that the others commonly have.
std::vector<Table::Column> columns(bool with_groups) {
    using Align = Table::Align;
    std::vector<Table::Column> columns = {
        {"PLACE", Align::Right},  {"PID", Align::Right},    {"NAME", Align::Left, 7},
        {"USER", Align::Left, 6}, {"RULE", Align::Left, 7}, {"MEMORY", Align::Right},
        {"SCORE", Align::Right},  {"POINTS", Align::Right}, {"WITHOUT RULES", Align::Right}};
    if (with_groups)
        columns.push_back({"DIES WITH IT", Align::Left, 6});
    return columns;
}

Table table_of(const std::vector<Placed>& shown) {
    const bool with_groups = std::any_of(
        shown.begin(), shown.end(), [](const Placed& placed) { return !placed.row.group.empty(); });
    Table table(columns(with_groups));
    for (const Placed& placed : shown) {
        const RankRow& row = placed.row;
        const Style look = style_of(placed);
        std::vector<Table::Cell> cells = {
            {place_text(placed.place), look},
            std::to_string(row.pid),
            {row.name, look},
            row.user,
            row.rule.empty() ? "-" : row.rule,
            bytes_text(row.memory),
            std::to_string(row.score),
            row.points == RankRow::kNever ? "-" : std::to_string(row.points),
            fmt::format("{} ({})", place_text(row.unruled_place), row.unruled_score)};
        if (with_groups)
            cells.emplace_back(row.group.empty() ? "-" : row.group);
        table.add(std::move(cells));
    }
    return table;
}

Json json_of(const std::vector<Placed>& shown) {
    Json list = Json::array();
    for (const auto& [row, place] : shown)
        list.push_back({{"place", or_null(place)},
                        {"pid", row.pid},
                        {"start_time", row.start_time},
                        {"name", row.name},
                        {"user", row.user},
                        {"cgroup", or_null(row.cgroup)},
                        {"rule", or_null(row.rule)},
                        {"memory", row.memory},
                        {"oom_score_adj", row.score},
                        {"points", or_null(row.points, RankRow::kNever)},
                        {"place_without_rules", or_null(row.unruled_place)},
                        {"oom_score_adj_without_rules", row.unruled_score},
                        {"points_without_rules", or_null(row.unruled_points, RankRow::kNever)},
                        {"dies_with_it", or_null(row.group)}});
    return list;
}

RankRow row_of(const Ranked& ranked) {
    const Candidate& candidate = ranked.candidate;
    return {.pid = static_cast<std::uint32_t>(candidate.id.pid),
            .start_time = candidate.id.start_time,
            .name = printable(candidate.name),
            .user = printable(sys::user_name(candidate.uid)),
            .cgroup = printable(candidate.cgroup),
            .rule = candidate.rule,
            .memory = candidate.pages * sys::page_size(),
            .score = candidate.score,
            .unruled_score = candidate.unruled_score,
            .points = ranked.points,
            .unruled_points = ranked.unruled_points,
            .unruled_place = ranked.unruled_place,
            .group = printable(candidate.group)};
}

std::vector<Ranked> order_under(const Rehearsal& rehearsal, const std::string& cgroup) {
    const auto or_failure = [](auto order) {
        if (!order)
            throw Failure(ExitCode::Failed,
                          "cannot tell the order: " + printable(order.error().message()));
        return *std::move(order);
    };
    if (cgroup.empty())
        return or_failure(
            daemon::kill_order(rehearsal.guard(), rehearsal.procfs(), rehearsal.cgroup_mount()));
    auto asked = or_failure(daemon::kill_order_of(rehearsal.guard(), rehearsal.procfs(),
                                                  rehearsal.cgroup_mount(), cgroup));
    if (!asked.none.empty())
        throw Failure(ExitCode::NoSuch, asked.none);
    return std::move(asked.order);
}

/// The order if the files were installed too.
std::vector<RankRow> rehearsed_rows(Session& session, const RankOptions& options) {
    require_this_machine(session.settings().host);
    auto paths = options.installed.paths();
    const auto installed = daemon::load_config(paths);
    put_in(paths, options.tried);
    auto loaded = load_sound(paths);
    auto originals = originals_of(session, installed.rules);
    const Rehearsal rehearsal({.rules = std::move(loaded.rules),
                               .settings = std::move(loaded.settings),
                               .originals = std::move(originals.ledger),
                               .daemon_pid = originals.daemon_pid,
                               .pids = std::nullopt});
    for (const std::string& gap : rehearsal.gaps())
        print_error(fmt::format("note: {}\n", gap));
    if (!originals.unknown.empty())
        print_error(fmt::format(
            "note: if oom-guardd runs, the scores that it has written count here as the "
            "processes' own: {}\n",
            originals.unknown));
    const auto order = order_under(rehearsal, options.cgroup);
    std::vector<RankRow> rows;
    std::transform(order.begin(), order.end(), std::back_inserter(rows), row_of);
    return rows;
}

std::vector<RankRow> rows_of(Session& session, const RankOptions& options) {
    if (!options.tried.empty())
        return rehearsed_rows(session, options);
    Manager& manager = session.manager();
    return options.cgroup.empty() ? manager.rank(0) : manager.rank_cgroup(options.cgroup, 0);
}

int rank(Session& session, const RankOptions& options) {
    const Ranking ranking = ranking_of(rows_of(session, options), options.most);
    if (session.settings().json) {
        Session::print(json_of(ranking.shown));
    } else {
        session.start_pager();
        session.print(table_of(ranking.shown),
                      fmt::format("{} can be killed, {} never.",
                                  counted(ranking.killable, "process", "processes"),
                                  ranking.never == 0 ? "none" : std::to_string(ranking.never)));
    }
    session.finish();
    return 0;
}

}  // namespace

void add_rank(Commands& commands, Session& session) {
    const auto options = std::make_shared<RankOptions>();
    auto command = commands.add("rank", "List whom the kernel would kill, the first first");
    command.add_number({"-n,--lines", "N", "At most so many; 0 for all"}, options->most);
    command.add_text({"--cgroup", "PATH", "As if this cgroup ran into its memory.max"},
                     options->cgroup);
    command.add_texts({"--if", "FILE", "As if this rule file were installed; may be repeated"},
                      options->tried);
    add_rule_file_options(command, options->installed);
    for (const char* option : {"--config", "--rules"})
        command.require("--if", option);
    command.set_action([options, &session] { return rank(session, *options); });
}

}  // namespace oomguard::ctl
