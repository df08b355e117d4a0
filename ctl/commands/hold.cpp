// SPDX-License-Identifier: MIT
#include <memory>
#include <string>

#include <fmt/core.h>

#include "ctl/arguments.hpp"
#include "ctl/commands/commands.hpp"

namespace oomguard::ctl {
namespace {

struct HoldOptions {
    std::string pid;
    std::string value;
    bool tree = false;
};

Json json_of(const Details& details) {
    return {{"pid", details.pid},           {"start_time", details.start_time},
            {"name", details.name},         {"rule", or_null(details.rule)},
            {"original", details.original}, {"wanted", details.wanted},
            {"current", details.current},   {"state", details.state}};
}

/// What the daemon made of it, which need not be what was asked for.
std::string hold_text(const Details& details, const HoldOptions& options, std::int32_t value) {
    const std::string who = fmt::format("{} ({})", details.name, details.pid);
    const char* family = options.tree ? " and its descendants" : "";
    std::string text;
    if (details.state == "dry-run")
        text = fmt::format("Dry run: would hold {}{} at {}, is {}.", who, family, details.wanted,
                           details.current);
    else if (details.state == "drifting")
        text = fmt::format("{} keeps setting itself to {}: held at {} from its next repair on.",
                           who, details.current, details.wanted);
    else
        text = fmt::format("Holding {}{} at {}, was {}.", who, family, details.wanted,
                           details.original);
    if (details.wanted != value)
        text += fmt::format(
            "\nNot at {}: its cgroup, or one above, has a memory.max, or that cannot be read. When "
            "a limit is reached and all below it are unkillable, the kernel tries to kill without "
            "end.",
            value);
    return text;
}

std::string release_text(const Details& details) {
    const std::string who = fmt::format("{} ({})", details.name, details.pid);
    if (details.rule.empty())
        return fmt::format("Released {}, back at {}.", who, details.current);
    return fmt::format("Released {}, which rule '{}' means: {} at {}.", who, details.rule,
                       details.state, details.current);
}

int hold(Session& session, const HoldOptions& options) {
    const std::uint32_t pid = pid_of(options.pid);
    const std::int32_t value = score_of(options.value);
    if (options.tree)
        session.manager().hold_tree(pid, value);
    else
        session.manager().hold(pid, value);
    const Details details = session.manager().details(pid);
    if (session.settings().json)
        Session::print(json_of(details));
    else
        Session::print_text(hold_text(details, options, value) + "\n");
    session.finish();
    return 0;
}

int release(Session& session, const HoldOptions& options) {
    const std::uint32_t pid = pid_of(options.pid);
    session.manager().release(pid);
    const Details details = session.manager().details(pid);
    if (session.settings().json)
        Session::print(json_of(details));
    else
        Session::print_text(release_text(details) + "\n");
    session.finish();
    return 0;
}

}  // namespace

void add_hold(Commands& commands, Session& session) {
    const auto options = std::make_shared<HoldOptions>();
    auto command =
        commands.add("hold", "Hold one process at a value until it ends, before all rules");
    command.add_argument({"PID", "TEXT", "The process"}, options->pid);
    command.add_argument({"VALUE", "TEXT", "The oom_score_adj, -1000 to 1000"}, options->value);
    command.add_flag("--tree", "Its descendants too", options->tree);
    command.set_action([options, &session] { return hold(session, *options); });
}

void add_release(Commands& commands, Session& session) {
    const auto options = std::make_shared<HoldOptions>();
    auto command = commands.add("release", "End what hold began; the rules decide again");
    command.add_argument({"PID", "TEXT", "The process"}, options->pid);
    command.set_action([options, &session] { return release(session, *options); });
}

}  // namespace oomguard::ctl
