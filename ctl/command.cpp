// SPDX-License-Identifier: MIT
#include "ctl/command.hpp"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>

#include "ctl/failure.hpp"
#include "ctl/session.hpp"

namespace oomguard::ctl {

template <typename Value>
CLI::Option& Command::add(const Described& described, Value& value) {
    return *app_->add_option(described.names, value, described.help)->type_name(described.type);
}

void Command::add_text(const Described& described, std::string& value) {
    CLI::Option& option = add(described, value);
    if (!value.empty())
        option.capture_default_str();
}

void Command::add_texts(const Described& described, std::vector<std::string>& values) {
    add(described, values).allow_extra_args(false);
}

void Command::add_choice(const Described& described, const std::vector<std::string>& words,
                         std::string& value) {
    CLI::Option& option = *add(described, value).check(CLI::IsMember(words));
    if (!value.empty())
        option.capture_default_str();
}

void Command::add_choices(const Described& described, const std::vector<std::string>& words,
                          std::vector<std::string>& values) {
    add(described, values).check(CLI::IsMember(words))->allow_extra_args(false);
}

void Command::add_number(const Described& described, std::uint32_t& value) {
    add(described, value).capture_default_str();
}

void Command::add_number(const Described& described, double least, double most, double& value) {
    add(described, value).check(CLI::Range(least, most))->capture_default_str();
}

void Command::add_flag(const std::string& names, const std::string& help, bool& value) {
    app_->add_flag(names, value, help);
}

void Command::add_argument(const Described& described, std::string& value) {
    add(described, value).required();
}

void Command::add_argument(const Described& described, const std::vector<std::string>& words,
                           std::string& value) {
    add(described, value).required()->check(CLI::IsMember(words));
}

void Command::add_arguments(const Described& described, std::vector<std::string>& values) {
    add(described, values).required();
}

void Command::add_optional_arguments(const Described& described, std::vector<std::string>& values) {
    add(described, values);
}

void Command::mention_argument(const std::string& name, const std::string& help) {
    app_->add_option(name, help);
}

void Command::require(const std::string& other, const std::string& option) {
    app_->get_option(option)->needs(app_->get_option(other));
}

void Command::hide() {
    app_->group("");
}

void Command::set_action(Action action) {
    app_->callback([asked_for = asked_for_, action = std::move(action)] { *asked_for = action; });
}

bool Command::has_valued_option(const std::string& name) const {
    const CLI::Option* option = app_->get_option_no_throw(name);
    return option != nullptr && option->get_items_expected_min() > 0;
}

Commands::Commands(const std::string& program, const std::string& what_it_does,
                   const std::string& version)
    : app_(std::make_unique<CLI::App>(what_it_does, program)) {
    app_->set_version_flag("--version", version, "Print the version and exit");
    app_->set_help_flag("-h,--help", "Print this help and exit");
    app_->fallthrough();
}

Commands::~Commands() = default;

Command Commands::global() {
    return {*app_, asked_for_};
}

Command Commands::add(const std::string& name, const std::string& what_it_does) {
    return {*app_->add_subcommand(name, what_it_does), asked_for_};
}

Command Commands::get(const std::string& name) {
    return {*app_->get_subcommand(name), asked_for_};
}

std::optional<int> Commands::parse(std::vector<std::string> arguments, const std::string& footer) {
    // Only now: a command begins with what the whole has.
    app_->require_subcommand(0, 1);
    app_->footer(footer);
    // The parser takes them from the end.
    std::reverse(arguments.begin(), arguments.end());
    try {
        app_->parse(std::move(arguments));
    } catch (const CLI::Success& done) {
        std::ostringstream text;
        const int code = app_->exit(done, text, text);
        Session::print_text(text.str());
        Session::flush();
        return code;
    } catch (const CLI::ParseError& error) {
        app_->exit(error);
        return static_cast<int>(ExitCode::Failed);
    }
    return std::nullopt;
}

}  // namespace oomguard::ctl
