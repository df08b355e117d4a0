// SPDX-License-Identifier: MIT
#include <fmt/core.h>

#include "core/text.hpp"
#include "ctl/commands/commands.hpp"

namespace oomguard::ctl {
namespace {

int reload(Session& session) {
    const std::uint64_t generation = session.manager().reload();
    const std::uint32_t rules = session.manager().state().rules;
    if (session.settings().json)
        Session::print_line({{"generation", generation}, {"rules", rules}});
    else
        Session::print_text(
            fmt::format("Loaded {}, generation {}.\n", counted(rules, "rule"), generation));
    session.finish();
    return 0;
}

int rescan(Session& session) {
    const std::uint32_t processes = session.manager().rescan();
    if (session.settings().json)
        Session::print_line({{"processes", processes}});
    else
        Session::print_text(
            fmt::format("Looked at {}.\n", counted(processes, "process", "processes")));
    session.finish();
    return 0;
}

}  // namespace

void add_reload(Commands& commands, Session& session) {
    commands.add("reload", "Load the settings and the rule files again, and apply them")
        .set_action([&session] { return reload(session); });
}

void add_rescan(Commands& commands, Session& session) {
    commands.add("rescan", "Look at every process now").set_action([&session] {
        return rescan(session);
    });
}

}  // namespace oomguard::ctl
