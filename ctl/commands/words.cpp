// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <fmt/core.h>

#include "ctl/commands/commands.hpp"

namespace oomguard::ctl {
namespace {

/// One a line; behind a tab what it is.
std::string words_of(Manager& manager, const std::string& kind) {
    std::string words;
    if (kind == "rules") {
        for (const RuleRow& rule : manager.rules())
            words += fmt::format("{}\t{}\n", rule.name, rule.value);
    } else if (kind == "held") {
        for (const ProcessRow& process : manager.processes())
            words += fmt::format("{}\t{} by {}\n", process.pid, process.name, process.rule);
    } else if (kind == "users") {
        std::set<std::string> users;
        for (const ProcessRow& process : manager.processes())
            users.insert(process.user);
        for (const std::string& user : users)
            words += user + "\n";
    } else {
        for (const RankRow& process : manager.rank(0))
            words += fmt::format("{}\t{}\n", process.pid, process.name);
    }
    return words;
}

}  // namespace

/// For the completions of shells, which are not to parse what is meant for people.
void add_words(Commands& commands, Session& session) {
    const auto kind = std::make_shared<std::string>();
    auto command = commands.add("complete-words", "");
    command.hide();
    command.add_argument({"KIND", "TEXT", ""}, {"rules", "processes", "held", "users"}, *kind);
    command.set_action([kind, &session] {
        Session::print_text(words_of(session.manager(), *kind));
        session.finish();
        return 0;
    });
}

}  // namespace oomguard::ctl
