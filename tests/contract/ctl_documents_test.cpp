// SPDX-License-Identifier: MIT
#include <map>
#include <regex>
#include <set>
#include <string>

#include "command.hpp"
#include "support/catch.hpp"

// What oom-guardctl says of itself: --help, the man page and the completions are the same.
namespace oomguard::test {
namespace {

/// The options by command, "-n" and "--lines" each by itself; the global ones by "".
using OptionsByCommand = std::map<std::string, std::set<std::string>>;

std::set<std::string> all_matches(const std::string& text, const std::string& expression) {
    const std::regex regex(expression);
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
        found.insert((*at)[1]);
    return found;
}

std::string between(const std::string& text, const std::string& start, const std::string& end) {
    const std::size_t from = text.find(start);
    INFO(start);
    REQUIRE(from != std::string::npos);
    return text.substr(from, text.find(end, from + start.size()) - from);
}

std::string help_of(const std::string& command) {
    const auto help = run(OOM_GUARDCTL " " + command + " --help");
    REQUIRE(help.status == 0);
    return help.output;
}

std::set<std::string> commands() {
    const std::string help = help_of("");
    const auto found = all_matches(help.substr(help.find("ommands:")), "\n  ([a-z-]+) ");
    REQUIRE(found.size() >= 15);
    return found;
}

std::set<std::string> options_of_help(const std::string& command) {
    const std::string help = help_of(command);
    auto options = all_matches(help, "\n +(--[a-z-]+)");
    options.merge(all_matches(help, "\n +(-[a-zA-Z]),"));
    options.merge(all_matches(help, "\n +-[a-zA-Z],(--[a-z-]+)"));
    return options;
}

OptionsByCommand told_by_help() {
    OptionsByCommand told = {{"", options_of_help("")}};
    for (const std::string& command : commands()) {
        told[command] = options_of_help(command);
        // Each command has help too; it is told once.
        told[command].erase("-h");
        told[command].erase("--help");
    }
    return told;
}

OptionsByCommand told_by_man_page() {
    std::string page = source_text("docs/oom-guardctl.1");
    for (auto at = page.find("\\-"); at != std::string::npos; at = page.find("\\-", at))
        page.replace(at, 2, "-");
    const auto options_in = [](const std::string& text) {
        auto options = all_matches(text, "\n\\.TP\n\\.B[IR]* (--?[a-zA-Z-]+)");
        options.merge(all_matches(text, "\n\\.TP\n\\.BR -[a-zA-Z] \", \" (--[a-z-]+)"));
        return options;
    };
    OptionsByCommand told = {{"", options_in(between(page, "\n.SH OPTIONS", "\n.SH "))}};
    const std::string all = between(page, "\n.SH COMMANDS", "\n.SH ");
    for (const std::string& command : all_matches(all, "\n\\.SS \"?([a-z]+)"))
        told[command] = options_in(between(all,
                                           all.find("\n.SS " + command + "\n") != std::string::npos
                                               ? "\n.SS " + command + "\n"
                                               : "\n.SS \"" + command + " ",
                                           "\n.SS "));
    return told;
}

OptionsByCommand told_by_bash() {
    const std::string text = source_text("ctl/completion/oom-guardctl.bash");
    const auto options_in = [](const std::string& line) {
        return all_matches(line, "[ '](--?[a-zA-Z-]+)");
    };
    OptionsByCommand told = {{"", options_in(between(text, "local global=", "\n"))}};
    const std::string table = between(text, "local -A options=(", "\n    )");
    for (const std::string& command : all_matches(table, "\n +\\[([a-z]+)\\]="))
        told[command] = options_in(between(table, "[" + command + "]=", "\n"));
    return told;
}

OptionsByCommand told_by_zsh() {
    const std::string text = source_text("ctl/completion/_oom-guardctl");
    const auto options_in = [](const std::string& part) {
        auto options = all_matches(part, "'(?:\\([^)]*\\)|\\*)?(--[a-z-]+)\\[");
        options.merge(all_matches(part, "\\{(-[a-zA-Z]),"));
        options.merge(all_matches(part, "\\{-[a-zA-Z],(--[a-z-]+)\\}"));
        return options;
    };
    OptionsByCommand told = {{"", options_in(between(text, "    global=(", "\n    )"))}};
    for (const std::string& command :
         all_matches(between(text, "    commands=(", "\n    )"), "\n +'([a-z]+):"))
        told[command];
    const std::string cases = between(text, "case $words[1] in", "esac");
    for (const std::string& command : all_matches(cases, "\n +([a-z]+)\\)"))
        told[command] = options_in(between(cases, " " + command + ")", ";;"));
    return told;
}

OptionsByCommand told_by_fish() {
    const std::string text = source_text("ctl/completion/oom-guardctl.fish");
    OptionsByCommand told;
    const auto add = [&told](const std::string& command, const std::string& line) {
        for (const std::string& name : all_matches(line, " -s ([a-zA-Z]) "))
            told[command].insert("-" + name);
        for (const std::string& name : all_matches(line, " -l ([a-z-]+)"))
            told[command].insert("--" + name);
    };
    const std::regex line("\ncomplete -c oom-guardctl([^\n]*)");
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at) {
        const std::string rest = (*at)[1];
        std::smatch seen;
        if (std::regex_search(rest, seen, std::regex("-n '__fish_seen_subcommand_from ([a-z]+)'")))
            add(seen[1], rest);
        else if (std::regex_search(rest, seen, std::regex(" -a ([a-z]+) ")))
            told[seen[1]];
        else
            add("", rest);
    }
    return told;
}

}  // namespace

TEST_CASE("the commands and options of oom-guardctl --help are those of its man page") {
    CHECK(told_by_man_page() == told_by_help());
}

TEST_CASE("the commands and options of oom-guardctl --help are those of its completions") {
    const auto told = told_by_help();
    CHECK(told_by_bash() == told);
    CHECK(told_by_zsh() == told);
    CHECK(told_by_fish() == told);
}

}  // namespace oomguard::test
