// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "support/cgroup.hpp"
#include "support/programs.hpp"

namespace oomguard::test {

/// A way in which a process comes to match a rule, or stops matching it.
struct Way {
    /// What happens, and with that which source tells of it.
    enum class Kind {
        Start,   ///< a new process executes a program: the doorbell finds it
        Change,  ///< a process becomes another, or forks one: the proc connector alone tells
        Move,    ///< to another cgroup
        Around,  ///< nothing happens to the process itself: only a sweep finds it
    };

    Kind kind = Kind::Change;
    std::function<pid_t()> happen = {};  ///< the pid that matches, or does not, from now on
    std::string title = {};
    std::string rule = {};  ///< the name of the rule that means it
    int score = 0;
};

/// Ways, each with a rule and programs of its own. What must run before they happen does so from
/// the start: the daemon, started later, has no news of it that is still young.
class Ways {
  public:
    Ways(const Ways&) = delete;
    Ways& operator=(const Ways&) = delete;

    [[nodiscard]] const std::vector<Way>& all() const { return ways_; }
    [[nodiscard]] const std::string& rules() const { return rules_; }

  protected:
    Ways() = default;
    ~Ways() = default;

    /// `more`: as for rule().
    void add(const std::string& title, const std::string& match, Way way,
             const std::string& more = {});
    /// The score of the way that is added next.
    [[nodiscard]] int next_score() const;

    Programs& programs() { return programs_; }
    /// A program that obeys, started now.
    Subject& subject(const std::string& name, const std::vector<std::string>& arguments = {});
    /// nullptr, and a warning, where there can be none.
    TestCgroup* cgroup(const std::string& needed_for);
    /// False, and a warning, where a process cannot become another user's.
    static bool can_change_user();

  private:
    // In this order: a cgroup is removed when the programs in it have ended.
    std::deque<TestCgroup> cgroups_;
    Programs programs_;
    std::deque<Subject> subjects_;
    std::string rules_ = "rules:\n";
    std::vector<Way> ways_;
};

std::function<pid_t()> telling(Subject& subject, std::vector<std::string> words);

}  // namespace oomguard::test
