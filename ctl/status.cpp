// SPDX-License-Identifier: MIT
#include "ctl/status.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/killers.hpp"
#include "ctl/output/paragraph.hpp"
#include "ctl/output/table.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl {
namespace {

constexpr std::ptrdiff_t kEvents = 10;

std::vector<RuleFile> files_of(const std::vector<RuleRow>& rules) {
    std::vector<RuleFile> files;
    for (const RuleRow& rule : rules) {
        const std::string path = rule.origin.substr(0, rule.origin.rfind(':'));
        auto file = std::find_if(files.begin(), files.end(),
                                 [&](const RuleFile& known) { return known.path == path; });
        if (file == files.end())
            file = files.insert(files.end(), {.path = path});
        ++file->rules;
        file->held += rule.held;
        file->refused += rule.refused;
    }
    return files;
}

void count(Status& status, const std::vector<ProcessRow>& processes,
           const std::vector<RuleRow>& rules) {
    std::set<std::string_view> names;
    for (const RuleRow& rule : rules)
        names.insert(rule.name);
    for (const ProcessRow& process : processes) {
        const bool is_by_hand = !process.rule.empty() && !names.contains(process.rule);
        status.held += process.state == "held" ? 1U : 0U;
        status.drifting += process.state == "drifting" ? 1U : 0U;
        status.refused += process.state == "refused" ? 1U : 0U;
        status.would_hold += process.state == "dry-run" ? 1U : 0U;
        status.held_by_hand += is_by_hand ? 1U : 0U;
    }
}

/// As the dot of systemctl: green where all is well, red where a promise is not kept.
Style health_of(const Status& status) {
    const auto& sources = status.daemon.sources;
    const bool finds_nothing = std::none_of(sources.begin(), sources.end(),
                                            [](const SourceRow& source) { return source.works; });
    if (status.refused > 0 || finds_nothing)
        return Style::Bad;
    const bool is_well =
        status.daemon.degraded.empty() && status.drifting == 0 && !status.daemon.dry_run;
    return is_well ? Style::Good : Style::Warning;
}

std::string ago_text(std::uint64_t when, std::uint64_t now) {
    return span_text(now > when ? now - when : 0) + " ago";
}

std::string holding_text(const Status& status) {
    std::string text = fmt::format("{} of {}", status.held,
                                   counted(status.daemon.processes, "process", "processes"));
    if (status.daemon.dry_run)
        text += fmt::format(", {} more but for the dry run", status.would_hold);
    return text + fmt::format(", {} drifting, {} refused", status.drifting, status.refused);
}

std::string kills_text(const RecentKills& kills) {
    const KillRow& last = *kills.last;
    std::string text = fmt::format("{} in the last day, ", kills.count);
    if (kills.in_vain > 0)
        text += fmt::format("{} of them protected, ", kills.in_vain);
    const std::string who = last.pid == 0 ? fmt::format("cgroup {}", last.cgroup)
                                          : fmt::format("'{}' (pid {})", last.name, last.pid);
    return text + fmt::format("the last {} by {}; see oom-guardctl kills", who,
                              killer_in_sentence(last.killer));
}

/// A paragraph for each line, below one label.
void add_lines(Paragraphs& paragraphs, const char* label, const std::vector<std::string>& lines,
               Style style) {
    for (const std::string& line : lines)
        paragraphs.add(&line == &lines.front() ? label : "", line, style);
}

/// One that failed is told again under what is degraded; others may only be switched off.
void add_sources(Paragraphs& paragraphs, const std::vector<SourceRow>& sources) {
    for (const SourceRow& source : sources) {
        const char* state = source.works && !source.reason.empty() ? "works in part, "
                            : source.works                         ? "works"
                                                                   : "";
        paragraphs.add(&source == &sources.front() ? "Sources" : "",
                       source.name + ": " + state + source.reason,
                       source.works ? Style::Plain : Style::Faint);
    }
}

Paragraphs paragraphs_of(const Status& status, std::uint64_t now) {
    const DaemonState& daemon = status.daemon;
    Paragraphs paragraphs;
    if (daemon.started != 0)
        paragraphs.add("Active", fmt::format("since {}; {}", time_text(daemon.started),
                                             ago_text(daemon.started, now)));
    if (daemon.dry_run)
        paragraphs.add("Dry run", "yes, nothing is written", Style::Warning);
    paragraphs.add("Rules",
                   fmt::format("{} in force, generation {}", daemon.rules, daemon.generation));
    for (const RuleFile& file : status.files)
        paragraphs.add("", fmt::format("{}: {}, holding {}", file.path, counted(file.rules, "rule"),
                                       file.held));
    if (status.held_by_hand > 0)
        paragraphs.add("", fmt::format("{} by hold or run",
                                       counted(status.held_by_hand, "process", "processes")));
    paragraphs.add("Holding", holding_text(status), status.refused > 0 ? Style::Bad : Style::Plain);
    if (status.kills.last)
        paragraphs.add("Kills", kills_text(status.kills),
                       status.kills.in_vain > 0 ? Style::Bad : Style::Warning);
    add_sources(paragraphs, daemon.sources);
    add_lines(paragraphs, "Degraded", daemon.degraded, Style::Warning);
    paragraphs.add(
        "Counters",
        fmt::format("{} written, {} repaired, {} refused, {}, {}", daemon.written,
                    daemon.drifts_repaired, daemon.writes_refused,
                    counted(daemon.overruns, "overrun"), counted(daemon.sweeps, "sweep")));
    if (daemon.signals_suppressed > 0)
        paragraphs.add(
            "", counted(daemon.signals_suppressed, "signal") + " left out, there were too many");
    if (daemon.last_sweep != 0)
        paragraphs.add("Last sweep", ago_text(daemon.last_sweep, now));
    return paragraphs;
}

}  // namespace

RecentKills recent_kills(const std::vector<KillRow>& kills, std::uint64_t now) {
    constexpr std::uint64_t kDay = 86'400'000'000;
    RecentKills recent;
    for (const KillRow& kill : kills) {
        if (kill.when + kDay < now)
            continue;
        ++recent.count;
        recent.in_vain += kill.why.empty() ? 0U : 1U;
        recent.last = kill;
    }
    return recent;
}

Status status_of(DaemonState daemon, const std::vector<RuleRow>& rules,
                 const std::vector<ProcessRow>& processes, RecentKills kills,
                 std::vector<Event> events) {
    Status status;
    status.kills = std::move(kills);
    status.daemon = std::move(daemon);
    status.files = files_of(rules);
    count(status, processes, rules);
    if (std::ssize(events) > kEvents)
        events.erase(events.begin(), events.end() - kEvents);
    status.events = std::move(events);
    return status;
}

std::string status_text(const Status& status, const Terminal& terminal, std::uint64_t now) {
    std::string text = terminal.styled(terminal.dot(), health_of(status)) + " oom-guardd " +
                       status.daemon.version + "\n" + paragraphs_of(status, now).text(terminal);
    if (status.events.empty())
        return text;
    Table events({{"", Table::Align::Right}, {"", Table::Align::Left, 20}});
    for (const Event& event : status.events)
        events.add({{ago_text(event.when, now), Style::Faint},
                    {event_text(event), is_bad_news(event) ? Style::Bad : Style::Plain}});
    return text + "\n" + events.text(terminal, false);
}

Json status_json(const Status& status) {
    const DaemonState& daemon = status.daemon;
    Json files = Json::array();
    for (const RuleFile& file : status.files)
        files.push_back({{"file", file.path},
                         {"rules", file.rules},
                         {"held", file.held},
                         {"refused", file.refused}});
    Json sources = Json::array();
    for (const SourceRow& source : daemon.sources)
        sources.push_back(
            {{"name", source.name}, {"works", source.works}, {"reason", or_null(source.reason)}});
    Json events = Json::array();
    for (const Event& event : status.events)
        events.push_back(event_json(event));
    return {{"version", daemon.version},
            {"started_usec", or_null(daemon.started)},
            {"dry_run", daemon.dry_run},
            {"generation", daemon.generation},
            {"rules", daemon.rules},
            {"files", std::move(files)},
            {"processes", daemon.processes},
            {"held", status.held},
            {"drifting", status.drifting},
            {"refused", status.refused},
            {"would_hold", status.would_hold},
            {"held_by_hand", status.held_by_hand},
            {"kills_of_last_day", status.kills.count},
            {"sources", std::move(sources)},
            {"degraded", daemon.degraded},
            {"written", daemon.written},
            {"drifts_repaired", daemon.drifts_repaired},
            {"writes_refused", daemon.writes_refused},
            {"overruns", daemon.overruns},
            {"sweeps", daemon.sweeps},
            {"last_sweep_usec", or_null(daemon.last_sweep)},
            {"signals_suppressed", daemon.signals_suppressed},
            {"events", std::move(events)}};
}

}  // namespace oomguard::ctl
