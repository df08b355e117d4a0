// SPDX-License-Identifier: MIT
#include "ctl/command_line.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "ctl/commands/commands.hpp"
#include "ctl/failure.hpp"
#include "ctl/output/standard_error.hpp"
#include "ctl/session.hpp"

namespace oomguard::ctl {
namespace {

void add_global_options(Command global, Settings& settings) {
    global.add_text({"-H,--host", "[USER@]HOST", "Ask the daemon of another machine, over ssh"},
                    settings.host);
    global.add_flag("--json", "Print JSON, for programs", settings.json);
    global.add_flag("--no-pager", "Do not pipe long output into a pager", settings.no_pager);
    global.add_flag("--no-legend", "Print no headings and no summary", settings.no_legend);
}

void add_commands(Commands& commands, Session& session) {
    add_status(commands, session);
    add_list(commands, session);
    add_rules(commands, session);
    add_explain(commands, session);
    add_rank(commands, session);
    add_kills(commands, session);
    add_check(commands, session);
    add_test(commands, session);
    add_edit(commands, session);
    add_watch(commands, session);
    add_top(commands, session);
    add_hold(commands, session);
    add_release(commands, session);
    add_run(commands, session);
    add_reload(commands, session);
    add_rescan(commands, session);
    add_words(commands, session);
}

using Arguments = std::vector<std::string>;

/// Whether the next argument is the value of this one.
bool takes_next(const Command& command, const std::string& argument) {
    const bool is_long = argument.starts_with("--");
    if (argument.find('=') != std::string::npos || (!is_long && argument.size() > 2))
        return false;
    return command.has_valued_option(argument);
}

/// The first one, from `at` on, that is neither an option of one of these nor its value.
Arguments::iterator skip_options(Arguments::iterator at, Arguments::iterator end,
                                 std::initializer_list<Command> commands) {
    while (at != end && at->size() > 1 && at->front() == '-' && *at != "--") {
        const bool takes =
            std::any_of(commands.begin(), commands.end(),
                        [&](const Command& command) { return takes_next(command, *at); });
        ++at;
        if (takes && at != end)
            ++at;
    }
    return at;
}

/// Takes what `run` is to start out of the arguments. Its options are its own, and a parser would
/// also take an argument such as [a,b] apart.
Arguments take_program(Commands& commands, Arguments& arguments) {
    const Command global = commands.global();
    const auto name = skip_options(arguments.begin(), arguments.end(), {global});
    if (name == arguments.end() || *name != "run")
        return {};
    const auto first = skip_options(name + 1, arguments.end(), {commands.get(*name), global});
    const bool is_marked = first != arguments.end() && *first == "--";
    Arguments program(is_marked ? first + 1 : first, arguments.end());
    arguments.erase(first, arguments.end());
    return program;
}

/// Where something else has failed already, which is what to tell.
void print_rest(Session& session) {
    try {
        session.finish();
    } catch (const Failure&) {
        return;
    }
}

}  // namespace

int run(int argc, char** argv) {
    Settings settings;
    Session session(settings);
    Commands commands("oom-guardctl",
                      "Shows what oom-guardd holds, why, and who would be killed next.",
                      "oom-guardctl " OOMGUARD_VERSION);
    add_global_options(commands.global(), settings);
    add_commands(commands, session);
    Arguments arguments(argv + std::min(argc, 1), argv + argc);
    settings.program = take_program(commands, arguments);
    try {
        const auto ended = commands.parse(
            std::move(arguments), "See oom-guardctl(1), oom-guardd(8), oom-guardd-rules(5).");
        return ended ? *ended : commands.asked_for()();
    } catch (const Failure& failure) {
        print_rest(session);
        print_error(std::string("oom-guardctl: ") + failure.what() + "\n");
        return failure.exit_code();
    }
}

}  // namespace oomguard::ctl
