// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/arguments.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/failure.hpp"
#include "ctl/killers.hpp"
#include "ctl/output/paragraph.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl {
namespace {

struct ExplainOptions {
    std::vector<std::string> processes;
    bool all = false;
};

/// All that is told of one process.
struct Explained {
    Details details;
    std::vector<TrialRow> trials;
    std::vector<KillerView> killers;
};

/// Throws Failure if it has ended.
Explained explained(Manager& manager, std::uint32_t pid, const std::vector<RankRow>& ranks) {
    Explained one{manager.details(pid), manager.explain(pid), {}};
    if (manager.details(pid).start_time != one.details.start_time)
        throw Failure(ExitCode::NoSuch,
                      fmt::format("process {} has ended, and another has its pid now", pid));
    one.killers = killer_views(one.details, ranks);
    return one;
}

/// By pid; those that have ended meanwhile are none any more. Throws Failure if there is none.
std::vector<Explained> explained_by_name(Manager& manager, const std::string& name,
                                         const std::vector<RankRow>& ranks) {
    std::vector<Explained> found;
    for (const RankRow& row : ranks) {
        if (row.name != name)
            continue;
        try {
            auto one = explained(manager, row.pid, ranks);
            if (one.details.start_time == row.start_time)
                found.push_back(std::move(one));
        } catch (const Failure& failure) {
            if (failure.code() != ExitCode::NoSuch)
                throw;
        }
    }
    if (found.empty())
        throw Failure(ExitCode::NoSuch,
                      fmt::format("there is no process called '{}' and none with that pid; names "
                                  "are those of ps -e",
                                  name));
    std::sort(found.begin(), found.end(),
              [](const Explained& a, const Explained& b) { return a.details.pid < b.details.pid; });
    return found;
}

/// What an argument means: a process by its pid, or all with that name.
std::vector<Explained> explained(Manager& manager, const std::string& argument,
                                 const std::vector<RankRow>& ranks) {
    if (const auto pid = parse_pid(argument))
        return {explained(manager, *pid, ranks)};
    return explained_by_name(manager, argument, ranks);
}

std::string headline(const Details& details) {
    const std::string who = fmt::format("{} ({})", details.name, details.pid);
    if (details.state == "held")
        return fmt::format("{} is held at {} by '{}'", who, details.current, details.rule);
    if (details.state == "drifting")
        return fmt::format("{} fights for {}; '{}' wants {}", who, details.current, details.rule,
                           details.wanted);
    if (details.state == "refused")
        return fmt::format("{} stays at {}; '{}' wants {}", who, details.current, details.rule,
                           details.wanted);
    if (details.state == "dry-run")
        return fmt::format("{} would be held at {} by '{}'", who, details.wanted, details.rule);
    if (details.state == "exempt")
        return fmt::format("{} is exempt, at {}", who, details.current);
    return fmt::format("{} is meant by no rule, at {}", who, details.current);
}

std::string children_text(const Details& details) {
    if (details.children == "include")
        return "are held with it (children: include)";
    if (details.children == "inherit")
        return "keep what they inherit (children: inherit)";
    return "get its original back, where no rule means them (children: reset)";
}

Paragraphs snapshot_of(const Details& details) {
    Paragraphs lines;
    lines.add("User", fmt::format("{} ({})", details.user, details.uid));
    if (!details.cmdline.empty())
        lines.add("Command", details.cmdline);
    if (!details.exe.empty())
        lines.add("Executable", details.exe);
    lines.add("Parent", std::to_string(details.parent_pid));
    lines.add("Cgroup", details.cgroup);
    if (!details.unit.empty())
        lines.add("Unit", details.unit);
    lines.add("Memory", bytes_text(details.memory) +
                            (details.memory_limited ? ", in a cgroup with a limit" : ""));
    if (details.rule.empty()) {
        lines.add("Score", std::to_string(details.current));
        return lines;
    }
    lines.add("Rule", fmt::format("{}, {} wants {}", details.rule, details.origin, details.value));
    lines.add("Score", fmt::format("{} now, {} wanted, {} of its own", details.current,
                                   details.wanted, details.original));
    lines.add("Children", children_text(details));
    if (details.drifts > 0)
        lines.add("Drifts", counted(details.drifts, "repair"));
    if (!details.last_error.empty())
        lines.add("Error", details.last_error, Style::Bad);
    return lines;
}

/// With thousands of rules, those that mean another program are no news.
bool is_near(const TrialRow& trial) {
    return trial.verdict != "no match" || !trial.reason.starts_with("name ");
}

/// What became of a rule's systemd_oomd, which is told with the killers: it decides nothing.
bool is_about_oomd(const TrialRow& trial) {
    return trial.verdict == "systemd-oomd";
}

void print_trials(Session& session, const std::vector<TrialRow>& trials, bool all) {
    constexpr std::size_t kFew = 30;
    const bool shows_all = all || trials.size() <= kFew;
    Table table(
        {{"RULE", Table::Align::Left, 12}, {"VERDICT"}, {"REASON", Table::Align::Left, 20}});
    std::size_t hidden = 0;
    for (const TrialRow& trial : trials) {
        if (is_about_oomd(trial))
            continue;
        if (!shows_all && !is_near(trial)) {
            ++hidden;
            continue;
        }
        const bool is_near_miss = trial.verdict == "not trusted" || trial.verdict == "held back";
        const bool decides = trial.verdict != "no match" && !is_near_miss;
        const Style look = is_near_miss ? Style::Bad : decides ? Style::Good : Style::Faint;
        const std::string place = (decides || is_near_miss) && !trial.origin.empty()
                                      ? fmt::format(" ({})", trial.origin)
                                      : "";
        table.add({{trial.rule.empty() ? "-" : trial.rule, look},
                   {trial.verdict, look},
                   {trial.reason + place, decides ? Style::Plain : Style::Faint}});
    }
    const std::string summary =
        hidden == 0 ? ""
                    : fmt::format("{} for programs of other names {} not shown; --all shows them.",
                                  counted(hidden, "rule"), hidden == 1 ? "is" : "are");
    session.print(table, summary);
}

void print_one(Session& session, const Explained& one, bool all) {
    const Terminal& terminal = session.terminal();
    Session::print_text(fmt::format(
        "{}\n{}\n", terminal.styled(headline(one.details), style_of_state(one.details.state)),
        snapshot_of(one.details).text(terminal)));
    print_trials(session, one.trials, all);
    Paragraphs killers;
    for (const KillerView& view : one.killers)
        killers.add(view.killer, view.text);
    for (const TrialRow& trial : one.trials) {
        if (is_about_oomd(trial))
            killers.add("Mark", trial.reason);
    }
    Session::print_text("\n" + killers.text(terminal));
}

Json json_of(const Explained& one) {
    const Details& details = one.details;
    Json trials = Json::array();
    for (const TrialRow& trial : one.trials)
        trials.push_back({{"rule", or_null(trial.rule)},
                          {"origin", or_null(trial.origin)},
                          {"verdict", trial.verdict},
                          {"reason", or_null(trial.reason)}});
    Json killers = Json::object();
    for (const KillerView& view : one.killers)
        killers[view.killer] = view.text;
    return {{"pid", details.pid},
            {"start_time", details.start_time},
            {"name", details.name},
            {"uid", details.uid},
            {"user", details.user},
            {"cmdline", or_null(details.cmdline)},
            {"exe", or_null(details.exe)},
            {"parent_pid", details.parent_pid},
            {"cgroup", or_null(details.cgroup)},
            {"unit", or_null(details.unit)},
            {"memory", details.memory},
            {"memory_limited", details.memory_limited},
            {"rule", or_null(details.rule)},
            {"origin", or_null(details.origin)},
            {"value", or_null(details.value)},
            {"children", or_null(details.children)},
            {"original", details.original},
            {"wanted", details.wanted},
            {"current", details.current},
            {"state", details.state},
            {"drifts", details.drifts},
            {"last_error", or_null(details.last_error)},
            {"oom_score", details.oom_score},
            {"oomd_preference", or_null(details.oomd_preference)},
            {"oomd_wanted", or_null(details.oomd_wanted)},
            {"trials", trials},
            {"killers", killers}};
}

void print_all(Session& session, const std::vector<Explained>& all, bool all_rules) {
    if (session.settings().json) {
        Json list = Json::array();
        for (const Explained& one : all)
            list.push_back(json_of(one));
        Session::print(list);
        return;
    }
    session.start_pager();
    for (const Explained& one : all) {
        Session::print_text(&one == all.data() ? "" : "\n");
        print_one(session, one, all_rules);
    }
}

int explain(Session& session, const ExplainOptions& options) {
    Manager& manager = session.manager();
    const auto ranks = manager.rank(0);
    std::vector<Explained> all;
    std::string missing;  // of the others it is told all the same
    for (const std::string& argument : options.processes) {
        try {
            auto found = explained(manager, argument, ranks);
            std::move(found.begin(), found.end(), std::back_inserter(all));
        } catch (const Failure& failure) {
            if (failure.code() != ExitCode::NoSuch)
                throw;
            missing.append(missing.empty() ? "" : "\n").append(failure.what());
        }
    }
    if (!all.empty())
        print_all(session, all, options.all);
    session.finish();
    if (!missing.empty())
        throw Failure(ExitCode::NoSuch, missing);
    return 0;
}

}  // namespace

void add_explain(Commands& commands, Session& session) {
    const auto options = std::make_shared<ExplainOptions>();
    auto command = commands.add(
        "explain", "Tell why a process is held or not, and what each killer makes of it");
    command.add_arguments({"PROCESS", "", "A pid, or the name of processes"}, options->processes);
    command.add_flag("--all", "Also show the rules for programs of other names", options->all);
    command.set_action([options, &session] { return explain(session, *options); });
}

}  // namespace oomguard::ctl
