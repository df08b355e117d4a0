// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "support/child.hpp"
#include "support/launch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::test {

/// A running copy of tests/support/subject.cpp that obeys commands. It ends, and all it started
/// end, with this.
class Subject {
  public:
    [[nodiscard]] pid_t pid() const { return process_.pid(); }

    /// One command with its arguments, see subject.cpp. The pid that it answers with; throws if
    /// the command failed.
    pid_t tell(const std::vector<std::string>& words);

    /// Without waiting for the answer: answer() does.
    void begin(const std::vector<std::string>& words);
    pid_t answer();

    /// Kills and reaps it, but not what it started.
    void kill() { process_.reap(); }

  private:
    friend class Programs;

    Subject(Child process, sys::UniqueFd commands, sys::UniqueFd answers, sys::UniqueFd lifeline);

    Child process_;
    sys::UniqueFd commands_;
    sys::UniqueFd answers_;
    sys::UniqueFd lifeline_;
};

/// A directory of programs with names that no other test uses.
class Programs {
  public:
    Programs();

    /// A name for a program that only this test uses, of at most 15 bytes unless the ending is
    /// long: "og12345-3" and the ending.
    std::string unique_name(const std::string& ending = "");

    /// A copy of the subject; its path.
    std::string add(const std::string& name);
    /// A script for /bin/sh with a lifeline like the subject's; its path.
    std::string add_script(const std::string& name);

    /// Starts a copy, made if there is none, that obeys commands; returns when it does.
    Subject start(const std::string& name, const std::vector<std::string>& arguments = {});

    [[nodiscard]] std::string path(const std::string& name) const { return tree_.path(name); }

  private:
    TempTree tree_;
    inline static unsigned names_ = 0;
};

}  // namespace oomguard::test
