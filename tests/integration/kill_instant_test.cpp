// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <string>

#include <sys/ptrace.h>
#include <sys/wait.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kRules = "10-test.yaml";
constexpr int kHeld = 432;
constexpr int kOriginal = 77;

/// Lets the daemon run from one system call's beginning or end to the next, while `act` makes
/// work for it, and kills it at the first at which `is_due()`. False if that does not come.
bool kill_when(GuardDaemon& daemon, const std::function<void()>& act,
               const std::function<bool()>& is_due) {
    constexpr int kMostStops = 100'000;
    const pid_t pid = daemon.pid();
    int status = 0;
    if (::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0 ||
        ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0 || ::waitpid(pid, &status, 0) != pid)
        return false;
    act();
    bool due = is_due();
    for (int stops = 0; stops < kMostStops && !due; ++stops) {
        const int signal = WSTOPSIG(status) == SIGCHLD ? SIGCHLD : 0;
        if (::ptrace(PTRACE_SYSCALL, pid, nullptr, signal) != 0 ||
            ::waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
            return false;
        due = is_due();
    }
    daemon.kill9();
    return due;
}

struct Instant {
    Instant() {
        subject.tell({"score", std::to_string(kOriginal)});
        daemon.start();
    }

    void write_rule() { daemon.write_rules(kRules, program_rule(name, kHeld)); }
    [[nodiscard]] int score() const { return read_score(subject.pid()).value(); }
    [[nodiscard]] bool is_recorded(const std::string& kind) const {
        const auto line = kind + " " + std::to_string(subject.pid()) + " ";
        return daemon.tree().read("run/ledger").find(line) != std::string::npos;
    }
    void check_original_is_known() {
        daemon.start();
        REQUIRE(score() == kHeld);
        CHECK(daemon.client().process(subject.pid())->original == kOriginal);
        const auto loads = daemon.loads();
        daemon.remove_rules(kRules);
        REQUIRE(daemon.wait_for_load(loads));
        CHECK(score() == kOriginal);
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
};

TEST_CASE("Killed in the very moment of its write the daemon knows the original afterwards") {
    Instant instant;
    REQUIRE(kill_when(
        instant.daemon, [&] { instant.write_rule(); }, [&] { return instant.score() == kHeld; }));
    CHECK(instant.score() == kHeld);
    instant.check_original_is_known();
}

TEST_CASE("Killed between the record and the write the daemon does no harm afterwards") {
    Instant instant;
    REQUIRE(kill_when(
        instant.daemon, [&] { instant.write_rule(); },
        [&] { return instant.is_recorded("hold"); }));
    CHECK(instant.score() == kOriginal);
    SECTION("the rule is still there") {
        instant.check_original_is_known();
    }
    SECTION("the rule has gone") {
        instant.daemon.remove_rules(kRules);
        instant.daemon.start();
        CHECK(instant.score() == kOriginal);
    }
}

TEST_CASE("Killed while it gives an original back the daemon finishes that afterwards") {
    Instant instant;
    const auto loads = instant.daemon.loads();
    instant.write_rule();
    REQUIRE(instant.daemon.wait_for_load(loads));
    REQUIRE(instant.score() == kHeld);
    REQUIRE(kill_when(
        instant.daemon, [&] { instant.daemon.remove_rules(kRules); },
        [&] { return instant.is_recorded("drop") || instant.score() != kHeld; }));
    instant.daemon.start();
    CHECK(instant.score() == kOriginal);
    CHECK(instant.daemon.client().processes().empty());
}

TEST_CASE("Killed while a rule's new value is written the daemon knows the original afterwards") {
    constexpr int kOther = 512;
    Instant instant;
    const auto loads = instant.daemon.loads();
    instant.write_rule();
    REQUIRE(instant.daemon.wait_for_load(loads));
    const auto lines = [&] {
        const auto text = instant.daemon.tree().read("run/ledger");
        return std::count(text.begin(), text.end(), '\n');
    };
    const auto before = lines();
    REQUIRE(kill_when(
        instant.daemon,
        [&] { instant.daemon.write_rules(kRules, program_rule(instant.name, kOther)); },
        [&] { return lines() > before; }));
    CHECK(instant.score() == kHeld);
    // No rule means it any more: neither value is its own.
    instant.daemon.remove_rules(kRules);
    instant.daemon.start();
    CHECK(instant.score() == kOriginal);
}

}  // namespace
}  // namespace oomguard::test
