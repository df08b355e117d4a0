// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
class Option;
}  // namespace CLI

// What there is on the command line. The library that parses it costs every file that includes it
// many seconds to compile: command.cpp alone does.
namespace oomguard::ctl {

/// What a command does: returns the exit code, throws Failure.
using Action = std::function<int()>;

/// An option or a positional argument, as --help has it.
struct Described {
    std::string names;  ///< "-n,--lines" for an option; "PID" for an argument
    std::string type;   ///< what --help calls its value; may be empty
    std::string help;
};

/// A command being described, or what goes for all of them. Refers to its Commands. The values
/// must live until these have parsed; they are set if they are given, and what they are before,
/// if it is not empty, is in --help as the default.
class Command {
  public:
    void add_text(const Described& described, std::string& value);
    /// One each time it is given.
    void add_texts(const Described& described, std::vector<std::string>& values);
    /// One of these words.
    void add_choice(const Described& described, const std::vector<std::string>& words,
                    std::string& value);
    /// One of these words each time it is given.
    void add_choices(const Described& described, const std::vector<std::string>& words,
                     std::vector<std::string>& values);
    void add_number(const Described& described, std::uint32_t& value);
    /// From `least` to `most`, with both.
    void add_number(const Described& described, double least, double most, double& value);
    void add_flag(const std::string& names, const std::string& help, bool& value);

    /// Must be given.
    void add_argument(const Described& described, std::string& value);
    /// Must be given, and be one of these words.
    void add_argument(const Described& described, const std::vector<std::string>& words,
                      std::string& value);
    /// One or more must be given.
    void add_arguments(const Described& described, std::vector<std::string>& values);
    /// None, one or more.
    void add_optional_arguments(const Described& described, std::vector<std::string>& values);
    /// `option`, which it has, is nothing without `other`.
    void require(const std::string& other, const std::string& option);
    /// In --help alone: for what is taken out of the arguments before they are parsed.
    void mention_argument(const std::string& name, const std::string& help);

    /// Not in the --help of all.
    void hide();

    /// What is done if it is the one that was asked for.
    void set_action(Action action);

    /// Whether it has this option ("-n", "--lines") and the option has a value.
    [[nodiscard]] bool has_valued_option(const std::string& name) const;

  private:
    friend class Commands;
    Command(CLI::App& app, Action& asked_for) : app_(&app), asked_for_(&asked_for) {}

    template <typename Value>
    CLI::Option& add(const Described& described, Value& value);

    CLI::App* app_;
    Action* asked_for_;
};

/// The program's command line: what goes for all commands, and the commands.
class Commands {
  public:
    /// `version` is the text of --version.
    Commands(const std::string& program, const std::string& what_it_does,
             const std::string& version);
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;
    ~Commands();

    /// The options that may stand before and behind every command.
    [[nodiscard]] Command global();

    /// A further one. The global options must be there already.
    [[nodiscard]] Command add(const std::string& name, const std::string& what_it_does);

    /// One that was added.
    [[nodiscard]] Command get(const std::string& name);

    /// What is done if no command is asked for.
    void set_default_action(Action action) { asked_for_ = std::move(action); }

    /// Takes the arguments, without the program's name, and sets the values. The exit code if that
    /// is all: help or an error was printed. `footer` ends the --help of all.
    [[nodiscard]] std::optional<int> parse(std::vector<std::string> arguments,
                                           const std::string& footer);

    /// What was asked for, once parsed.
    [[nodiscard]] const Action& asked_for() const { return asked_for_; }

  private:
    std::unique_ptr<CLI::App> app_;
    Action asked_for_;
};

}  // namespace oomguard::ctl
