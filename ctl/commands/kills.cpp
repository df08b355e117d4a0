// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "core/text.hpp"
#include "ctl/arguments.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/killers.hpp"
#include "ctl/output/paragraph.hpp"
#include "ctl/output/units.hpp"
#include "ctl/when.hpp"

namespace oomguard::ctl {
namespace {

using Kills = std::vector<KillRow>;

struct KillsOptions {
    std::string since;
    std::vector<std::string> killers;
};

/// Number of each batch, in the order in which they came.
using Batches = std::map<std::uint64_t, std::size_t>;

Batches batches_of(const Kills& kills) {
    Batches batches;
    for (const KillRow& kill : kills)
        batches.try_emplace(kill.batch, batches.size() + 1);
    return batches;
}

/// What died, in a cell: of a cgroup that was killed unseen its path.
const std::string& name_of(const KillRow& kill) {
    return kill.pid == 0 && !kill.cgroup.empty() ? kill.cgroup : kill.name;
}

std::string who(const KillRow& kill) {
    if (kill.pid == 0)
        return name_of(kill);
    return fmt::format("{} ({})", kill.name.empty() ? "a process" : kill.name, kill.pid);
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

// The least widths fit 80 columns, with the widest values that the others commonly have.
std::vector<Table::Column> columns(bool with_batches) {
    using Align = Table::Align;
    std::vector<Table::Column> columns = {{"TIME"},
                                          {"PID", Align::Right},
                                          {"NAME", Align::Left, 6},
                                          {"USER", Align::Left, 4},
                                          {"RULE", Align::Left, 5},
                                          {"SCORE", Align::Right},
                                          {"MEMORY", Align::Right},
                                          {"KILLER", Align::Left, 8},
                                          {"WHERE", Align::Left, 7}};
    if (with_batches)
        columns.insert(columns.begin() + 1, {"BATCH", Align::Right});
    return columns;
}

/// What ran out of memory, where the killer said it.
std::string where_text(const KillRow& kill) {
    if (!kill.limit.empty())
        return kill.limit;
    return kill.killer == "systemd-oomd" || kill.killer == "unknown" ? "-" : "machine";
}

/// The batches have a column only where there are several in one.
Table table_of(const Kills& kills, const Batches& batches) {
    const bool with_batches = batches.size() < kills.size();
    Table table(columns(with_batches));
    for (const KillRow& kill : kills) {
        std::vector<Table::Cell> cells = {
            date_text(kill.when),
            kill.pid == 0 ? "-" : std::to_string(kill.pid),
            {or_dash(name_of(kill)), kill.why.empty() ? Style::Plain : Style::Bad},
            or_dash(kill.user),
            or_dash(kill.rule),
            kill.score ? std::to_string(*kill.score) : "-",
            kill.memory == 0 ? "-" : bytes_text(kill.memory),
            kill.killer,
            where_text(kill)};
        if (with_batches)
            cells.insert(cells.begin() + 1, std::to_string(batches.at(kill.batch)));
        table.add(std::move(cells));
    }
    return table;
}

std::string summary_of(const Kills& kills, const Batches& batches) {
    const auto unseen = static_cast<std::size_t>(std::count_if(
        kills.begin(), kills.end(), [](const KillRow& kill) { return kill.pid == 0; }));
    std::string what = counted(kills.size() - unseen, "process", "processes");
    if (unseen > 0)
        what += fmt::format(" and {} whose processes were not seen", counted(unseen, "cgroup"));
    return fmt::format("{} in {}.", what, counted(batches.size(), "batch", "batches"));
}

/// Those of one batch that were protected in vain for the same reason.
struct InVain {
    std::uint64_t batch = 0;
    std::string why;
    std::vector<std::string> who;
};

std::vector<InVain> in_vain(const Kills& kills) {
    std::vector<InVain> found;
    for (const KillRow& kill : kills) {
        if (kill.why.empty())
            continue;
        if (found.empty() || found.back().batch != kill.batch || found.back().why != kill.why)
            found.push_back({kill.batch, kill.why, {}});
        found.back().who.push_back(who(kill));
    }
    return found;
}

/// What does not fit into a table: memory when the last one died, and why protection did not help.
Paragraphs notes_on(const Kills& kills) {
    Paragraphs notes;
    if (const KillRow& last = kills.back(); !last.situation.empty())
        notes.add("Memory", fmt::format("{}: {}", date_text(last.when), last.situation));
    bool is_first = true;
    for (const InVain& each : in_vain(kills)) {
        notes.add(is_first ? "Protected" : "",
                  fmt::format("{}, in vain: {}", fmt::join(each.who, ", "), each.why));
        is_first = false;
    }
    return notes;
}

Json json_of(const Kills& kills) {
    Json list = Json::array();
    for (const KillRow& kill : kills)
        list.push_back({{"time_usec", kill.when},
                        {"pid", or_null(kill.pid)},
                        {"start_time", or_null(kill.start_time)},
                        {"name", or_null(kill.name)},
                        {"user", or_null(kill.user)},
                        {"cgroup", or_null(kill.cgroup)},
                        {"rule", or_null(kill.rule)},
                        {"oom_score_adj", kill.score ? Json(*kill.score) : Json(nullptr)},
                        {"killer", kill.killer},
                        {"memory", or_null(kill.memory)},
                        {"limit", or_null(kill.limit)},
                        {"situation", or_null(kill.situation)},
                        {"why", or_null(kill.why)},
                        {"batch", kill.batch}});
    return list;
}

std::string none_text(const KillsOptions& options, std::uint64_t since) {
    std::vector<std::string> killers(options.killers.size());
    std::transform(options.killers.begin(), options.killers.end(), killers.begin(),
                   killer_in_sentence);
    std::string text = "No process was killed for want of memory";
    if (!killers.empty())
        text += fmt::format(" by {}", fmt::join(killers, " or "));
    if (!options.since.empty())
        text += fmt::format(" since {}", time_text(since));
    return text + ".\n";
}

void print_kills(Session& session, const Kills& kills) {
    const Batches batches = batches_of(kills);
    session.start_pager();
    session.print(table_of(kills, batches), summary_of(kills, batches));
    // Without a legend, lines are for programs, which want rows alone.
    const std::string notes =
        session.settings().no_legend ? "" : notes_on(kills).text(session.terminal());
    if (!notes.empty())
        Session::print_text("\n" + notes);
}

int kills(Session& session, const KillsOptions& options) {
    const std::uint64_t since = options.since.empty() ? 0 : when_of(options.since, now_usec());
    Kills found = session.manager().kills();
    std::erase_if(found, [&](const KillRow& kill) {
        return kill.when < since || !is_one_of(options.killers, kill.killer);
    });
    if (session.settings().json)
        Session::print(json_of(found));
    else if (!found.empty())
        print_kills(session, found);
    else if (!session.settings().no_legend)
        Session::print_text(none_text(options, since));
    session.finish();
    return 0;
}

}  // namespace

void add_kills(Commands& commands, Session& session) {
    const auto options = std::make_shared<KillsOptions>();
    auto command = commands.add("kills", "List who was killed for want of memory, and by whom");
    command.add_text({"--since", "WHEN", "Only since then: 07:04, yesterday, 2h, a date"},
                     options->since);
    command.add_choices({"--killer", "KILLER", "Only by this one; may be repeated"},
                        {"kernel", "systemd-oomd", "earlyoom", "nohang", "unknown"},
                        options->killers);
    command.set_action([options, &session] { return kills(session, *options); });
}

}  // namespace oomguard::ctl
