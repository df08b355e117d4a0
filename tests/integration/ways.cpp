// SPDX-License-Identifier: MIT
#include "ways.hpp"

#include <utility>

#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"

namespace oomguard::test {

void Ways::add(const std::string& title, const std::string& match, Way way,
               const std::string& more) {
    way.title = title;
    way.rule = "way-" + std::to_string(ways_.size());
    way.score = next_score();
    rules_ += rule(way.rule, match, std::to_string(way.score), more);
    ways_.push_back(std::move(way));
}

int Ways::next_score() const {
    // Not those of another test that runs beside: its daemon takes an orphan in its own cgroup for
    // a descendant of what it holds at the same score.
    constexpr int kFirstScore = 300;
    constexpr int kMostWays = 30;
    constexpr int kTests = 20;
    return kFirstScore + ::getpid() % kTests * kMostWays + static_cast<int>(ways_.size());
}

Subject& Ways::subject(const std::string& name, const std::vector<std::string>& arguments) {
    return subjects_.emplace_back(programs_.start(name, arguments));
}

TestCgroup* Ways::cgroup(const std::string& needed_for) {
    std::string why_not;
    auto made = TestCgroup::create(why_not);
    if (made)
        return &cgroups_.emplace_back(std::move(*made));
    WARN("skipped, " << needed_for << ": " << why_not);
    return nullptr;
}

bool Ways::can_change_user() {
    if (::geteuid() == 0)
        return true;
    WARN("skipped, changes of user and group: only root can make them");
    return false;
}

std::function<pid_t()> telling(Subject& subject, std::vector<std::string> words) {
    return [&subject, words = std::move(words)] { return subject.tell(words); };
}

}  // namespace oomguard::test
