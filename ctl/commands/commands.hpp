// SPDX-License-Identifier: MIT
#pragma once

#include "ctl/command.hpp"
#include "ctl/session.hpp"

// One function a command: adds it, with its options, its help and what it does, to the command
// line. The session must live until that is done.
namespace oomguard::ctl {

void add_check(Commands& commands, Session& session);
void add_edit(Commands& commands, Session& session);
void add_explain(Commands& commands, Session& session);
void add_hold(Commands& commands, Session& session);
void add_kills(Commands& commands, Session& session);
void add_list(Commands& commands, Session& session);
void add_rank(Commands& commands, Session& session);
void add_release(Commands& commands, Session& session);
void add_reload(Commands& commands, Session& session);
void add_rescan(Commands& commands, Session& session);
void add_rules(Commands& commands, Session& session);
void add_run(Commands& commands, Session& session);
/// Also what is done if nothing is asked for.
void add_status(Commands& commands, Session& session);
void add_test(Commands& commands, Session& session);
void add_top(Commands& commands, Session& session);
void add_watch(Commands& commands, Session& session);
void add_words(Commands& commands, Session& session);

}  // namespace oomguard::ctl
