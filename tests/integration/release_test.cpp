// SPDX-License-Identifier: MIT
#include <string>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

constexpr int kHeld = 432;
constexpr const char* kRules = "10-test.yaml";

/// A daemon that holds one program. Its own score was 0 or, as a program's that had set it by
/// itself, something else.
struct HeldProgram {
    explicit HeldProgram(int own, const std::string& settings = {})
        : original(own), subject(programs.start(name)) {
        daemon.write_settings(settings);
        subject.tell({"score", std::to_string(own)});
        daemon.write_rules(kRules, rule_file({rule("test", named(name), "432")}));
        daemon.start();
        REQUIRE(read_score(subject.pid()) == kHeld);
        REQUIRE(daemon.client().process(subject.pid())->original == own);
    }

    void load(const std::string& rules) {
        const auto loads = daemon.loads();
        daemon.write_rules(kRules, rules);
        REQUIRE(daemon.wait_for_load(loads));
    }

    void check_released() {
        CHECK(comes_to(subject.pid(), original));
        const auto told = daemon.client().wait_for("ProcessReleased", subject.pid());
        REQUIRE(told);
        CHECK(told->value == original);
        CHECK(told->text == "unmatched");
        CHECK_FALSE(daemon.client().process(subject.pid()));
        CHECK(daemon.client()->HeldCount() == 0);
    }

    Programs programs;
    std::string name = programs.unique_name();
    int original;
    Subject subject;
    GuardDaemon daemon;
};

TEST_CASE("When its rule is removed a process gets its original back") {
    HeldProgram held(GENERATE(0, 77));
    const auto loads = held.daemon.loads();
    held.daemon.remove_rules(kRules);
    REQUIRE(held.daemon.wait_for_load(loads));
    held.check_released();
}

TEST_CASE("When its rule means other programs a process gets its original back") {
    HeldProgram held(GENERATE(0, 77));
    held.load(program_rule("og-no-such-program", kHeld));
    held.check_released();
}

TEST_CASE("When its rule is disabled a process gets its original back") {
    HeldProgram held(GENERATE(0, 77));
    held.load(rule_file({rule("test", named(held.name), "432", "enabled: false")}));
    held.check_released();
}

TEST_CASE("When its rule excepts it a process gets its original back") {
    HeldProgram held(GENERATE(0, 77));
    held.load(rule_file({rule("test", named(held.name), "432", "except: {cmdline: '* obey'}")}));
    held.check_released();
}

TEST_CASE("When an unchanged rule comes first a process gets its original back") {
    HeldProgram held(GENERATE(0, 77));
    held.load(rule_file(
        {rule("leave", named(held.name), "unchanged"), rule("test", named(held.name), "432")}));
    held.check_released();
}

TEST_CASE("When its rule wants another value a process gets that, and keeps its original") {
    HeldProgram held(77);
    held.load(rule_file({rule("test", named(held.name), "512")}));
    CHECK(read_score(held.subject.pid()) == 512);
    const auto listed = held.daemon.client().process(held.subject.pid());
    REQUIRE(listed);
    CHECK(listed->original == 77);
    CHECK(listed->wanted == 512);
    CHECK(listed->state == "held");
    const auto loads = held.daemon.loads();
    held.daemon.remove_rules(kRules);
    REQUIRE(held.daemon.wait_for_load(loads));
    CHECK(read_score(held.subject.pid()) == 77);
}

TEST_CASE("A value that someone else has set is not taken away when the rule goes") {
    HeldProgram held(77, "sweep_interval: 1h\n");
    // Both happen before the daemon looks again.
    held.daemon.send_signal(SIGSTOP);
    const auto loads = held.daemon.loads();
    REQUIRE(write_score(held.subject.pid(), 555));
    held.daemon.remove_rules(kRules);
    held.daemon.send_signal(SIGCONT);
    REQUIRE(held.daemon.wait_for_load(loads));
    CHECK(read_score(held.subject.pid()) == 555);
    CHECK_FALSE(held.daemon.client().process(held.subject.pid()));
}

TEST_CASE("A program that ends is told, and is no longer listed") {
    HeldProgram held(77);
    const pid_t pid = held.subject.pid();
    held.subject.kill();
    const auto told = held.daemon.client().wait_for("ProcessReleased", pid);
    REQUIRE(told);
    CHECK(told->text == "gone");
    CHECK(told->value == kHeld);
    CHECK(held.daemon.client().processes().empty());
}

TEST_CASE("A child of a held process keeps no record of its own when no rule means it") {
    // It inherited the score from the kernel; what descendants get is for a later issue.
    HeldProgram held(77);
    const auto child = held.subject.tell({"spawn", held.programs.add("og-child")});
    CHECK(held.daemon.client()->Rescan() > 0);
    CHECK_FALSE(held.daemon.client().process(child));
    CHECK(held.daemon.client().processes().size() == 1);
}

TEST_CASE("A forked child of a held process has the original that its parent had") {
    HeldProgram held(77);
    const auto child = held.subject.tell({"fork"});
    REQUIRE(held.daemon.client().wait_for("ProcessHeld", child));
    CHECK(held.daemon.client().process(child)->original == 77);
    const auto loads = held.daemon.loads();
    held.daemon.remove_rules(kRules);
    REQUIRE(held.daemon.wait_for_load(loads));
    CHECK(read_score(child) == 77);
}

}  // namespace
}  // namespace oomguard::test
