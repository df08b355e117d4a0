// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/cgroup.hpp"
#include "support/programs.hpp"

namespace oomguard::test {

/// A way in which a process comes to match a rule.
struct Way {
    std::string title = {};
    std::string rule = {};  ///< the name of the rule that means it
    int score = 0;
    /// Whether it is a new process that executes a program: what the doorbell finds.
    bool starts = false;
    /// Whether it is a move to another cgroup.
    bool moves = false;
    std::function<pid_t()> come = {};  ///< the pid that matches from now on
};

/// Every way, each with a rule and programs of its own. What must run before it comes to match
/// does so from the start: the daemon, started later, has no news of it that is still young.
class Ways {
  public:
    Ways();

    [[nodiscard]] const std::vector<Way>& all() const { return ways_; }
    [[nodiscard]] const std::string& rules() const { return rules_; }

  private:
    void add(const std::string& title, const std::string& match, Way way);
    void add_started();
    void add_scripts();
    void add_changed();
    void add_families();
    void add_moved();

    /// A program that obeys, started now.
    Subject& subject(const std::string& name);

    // In this order: a cgroup is removed when the programs in it have ended.
    std::vector<TestCgroup> cgroups_;
    Programs programs_;
    std::deque<Subject> subjects_;
    Subject starter_ = programs_.start(programs_.unique_name());
    std::string rules_ = "rules:\n";
    std::vector<Way> ways_;
};

}  // namespace oomguard::test
