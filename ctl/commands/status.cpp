// SPDX-License-Identifier: MIT
#include "ctl/status.hpp"

#include "ctl/commands/commands.hpp"
#include "ctl/output/units.hpp"

namespace oomguard::ctl {
namespace {

int show_status(Session& session) {
    Manager& manager = session.manager();
    const std::uint64_t now = now_usec();
    const Status status = status_of(manager.state(), manager.rules(), manager.processes(),
                                    recent_kills(manager.kills(), now), manager.events());
    if (session.settings().json) {
        Session::print(status_json(status));
    } else {
        session.start_pager();
        Session::print_text(status_text(status, session.terminal(), now));
    }
    session.finish();
    return 0;
}

}  // namespace

void add_status(Commands& commands, Session& session) {
    const Action show = [&session] { return show_status(session); };
    commands.set_default_action(show);
    commands.add("status", "Show the daemon at a glance; the default").set_action(show);
}

}  // namespace oomguard::ctl
