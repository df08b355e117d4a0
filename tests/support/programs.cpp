// SPDX-License-Identifier: MIT
#include "support/programs.hpp"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "support/wait.hpp"

namespace oomguard::test {
namespace {

constexpr int kLifeline = 3;

std::string escaped(const std::string& word) {
    std::string text;
    for (const char byte : word) {
        if (byte == '\n')
            text += "\\n";
        else if (byte == '\\')
            text += "\\\\";
        else
            text += byte;
    }
    return text;
}

}  // namespace

Subject::Subject(Child process, sys::UniqueFd commands, sys::UniqueFd answers,
                 sys::UniqueFd lifeline)
    : process_(std::move(process)),
      commands_(std::move(commands)),
      answers_(std::move(answers)),
      lifeline_(std::move(lifeline)) {}

void Subject::begin(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words)
        line += (line.empty() ? "" : "\t") + escaped(word);
    line += "\n";
    if (::write(commands_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("the program under test does not listen");
}

pid_t Subject::answer() {
    std::string line;
    bool ended = false;
    const auto is_whole = [&, asked = false]() mutable {
        char byte = 0;
        if (!std::exchange(asked, true))
            return false;
        if (::read(answers_.get(), &byte, 1) != 1)
            ended = true;
        else if (byte != '\n')
            line += byte;
        return ended || byte == '\n';
    };
    if (!wait_until(answers_.get(), is_whole, std::chrono::seconds(60)) || ended)
        throw std::runtime_error("the program under test does not answer");
    if (line.starts_with("failed"))
        throw std::runtime_error("the program under test: " + line);
    return static_cast<pid_t>(std::stol(line));
}

pid_t Subject::tell(const std::vector<std::string>& words) {
    begin(words);
    return answer();
}

Programs::Programs() {
    // Programs are run by other users too.
    std::filesystem::permissions(tree_.path(), std::filesystem::perms(0755));
}

std::string Programs::unique_name(const std::string& ending) {
    return "og" + std::to_string(::getpid()) + "-" + std::to_string(++names_) + ending;
}

std::string Programs::add(const std::string& name) {
    if (!std::filesystem::exists(path(name)))
        std::filesystem::copy_file(SUBJECT, path(name));
    return path(name);
}

std::string Programs::add_script(const std::string& name) {
    tree_.write(name, "#!/bin/sh\nread end <&3\n");
    std::filesystem::permissions(path(name), std::filesystem::perms(0755));
    return path(name);
}

Subject Programs::start(const std::string& name, const std::vector<std::string>& arguments) {
    Pipe commands = make_pipe();
    Pipe answers = make_pipe();
    Pipe lifeline = make_pipe();
    std::vector<std::string> words = {add(name), "obey"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    Child child = launch({.arguments = std::move(words),
                          .descriptors = {{commands.read_end.get(), STDIN_FILENO},
                                          {answers.write_end.get(), STDOUT_FILENO},
                                          {lifeline.read_end.get(), kLifeline}}});
    answers.write_end = {};
    Subject subject(std::move(child), std::move(commands.write_end), std::move(answers.read_end),
                    std::move(lifeline.write_end));
    (void)subject.answer();
    return subject;
}

}  // namespace oomguard::test
