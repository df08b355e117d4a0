// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <fmt/core.h>

#include "ctl/arguments.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/failure.hpp"
#include "ctl/gated_program.hpp"
#include "ctl/output/standard_error.hpp"

namespace oomguard::ctl {
namespace {

// As a shell has them.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

/// What may go on without what was asked for is told at once.
void tell_if_not_held(Manager& manager, std::uint32_t pid, std::int32_t value) {
    const Details details = manager.details(pid);
    if (details.state == "dry-run")
        print_error("oom-guardctl: dry run: it is started, and not held\n");
    else if (details.wanted != value)
        print_error(
            fmt::format("oom-guardctl: held at {} instead of {}: its cgroup has a memory.max\n",
                        details.wanted, value));
}

int run_command(Session& session, const std::string& score) {
    const std::int32_t value = score_of(score);
    const auto& command = session.settings().program;
    if (command.empty())
        throw Failure(ExitCode::Failed, "run: what? See: oom-guardctl run --help");
    if (!session.settings().host.empty())
        throw Failure(ExitCode::Failed,
                      "run starts a command on this machine; leave out --host, or use ssh");
    // Before there is a process that would have to be ended again.
    Manager& manager = session.manager();
    GatedProgram program(command);
    const auto pid = static_cast<std::uint32_t>(program.pid());
    manager.hold_tree(pid, value);
    tell_if_not_held(manager, pid, value);
    if (const int error = program.open(); error != 0) {
        print_error(fmt::format("oom-guardctl: cannot execute '{}': {}\n", command.front(),
                                std::strerror(error)));
        return error == ENOENT ? kNotFound : kNotExecutable;
    }
    session.hang_up();
    return program.wait();
}

}  // namespace

void add_run(Commands& commands, Session& session) {
    // Protects from all but the need to kill anything at all.
    const auto score = std::make_shared<std::string>("-900");
    auto command =
        commands.add("run", "Run a command that is held from its start, with all it starts");
    command.add_text({"--adj", "N", "The oom_score_adj to hold it at"}, *score);
    // Taken out before parsing, see Settings::program; here for the help.
    command.mention_argument("COMMAND",
                             "The command, and what follows is its own; -- may stand before");
    command.set_action([score, &session] { return run_command(session, *score); });
}

}  // namespace oomguard::ctl
