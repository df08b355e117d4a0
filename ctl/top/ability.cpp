// SPDX-License-Identifier: MIT
#include "ctl/top/ability.hpp"

#include <cstdlib>
#include <string>

// By itself, because <term.h> takes words such as "lines" and "columns".
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <fmt/core.h>
#include <term.h>
#include <unistd.h>

#include "ctl/failure.hpp"

namespace oomguard::ctl::top {

void require_able_terminal() {
    const char* variable = std::getenv("TERM");
    const std::string name = variable == nullptr ? "" : variable;
    int error = 0;
    if (::setupterm(nullptr, STDOUT_FILENO, &error) != OK)
        throw Failure(ExitCode::Failed, fmt::format("the terminal '{}' is not known here; try: "
                                                    "TERM=xterm oom-guardctl top",
                                                    name));
    const char* place_cursor = ::tigetstr("cup");
    const bool is_able = place_cursor != nullptr && *place_cursor != '\0';
    (void)::del_curterm(::set_curterm(nullptr));
    if (!is_able)
        throw Failure(ExitCode::Failed, fmt::format("the terminal '{}' cannot show a full screen; "
                                                    "try: oom-guardctl rank",
                                                    name));
}

}  // namespace oomguard::ctl::top
