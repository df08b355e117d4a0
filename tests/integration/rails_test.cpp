// SPDX-License-Identifier: MIT
#include <list>
#include <string>
#include <vector>

#include <sched.h>

#include "bus.hpp"
#include "nobody.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/namespaces.hpp"

// What keeps a rule from making a machine unkillable, with real processes.
namespace oomguard::test {
namespace {

constexpr int kOwn = 700;
constexpr int kLower = 300;

/// A container with the daemon, and twenty processes that a rule would lower.
struct Container {
    Programs programs;
    GuardDaemon daemon;
    std::list<Subject> subjects;

    Container() {
        daemon.write_settings(kQuietSettings);
        daemon.namespaces = CLONE_NEWPID | CLONE_NEWNS;
        daemon.prepare = mount_own_proc;
        daemon.start();
        const BirthIn birth(daemon.pid());
        for (int count = 0; count < 20; ++count) {
            subjects.push_back(programs.start(programs.unique_name()));
            subjects.back().tell({"score", std::to_string(kOwn)});
        }
    }

    void load(const std::string& more) {
        daemon.write_rules(
            "10-test.yaml",
            rule_file({rule("most", "{name: 'og*'}", std::to_string(kLower), more)}));
        (void)daemon.client()->Reload();
    }

    [[nodiscard]] std::size_t lowered() const {
        std::size_t count = 0;
        for (const Subject& subject : subjects)
            count += read_score(subject.pid()) == kLower ? 1U : 0U;
        return count;
    }

    [[nodiscard]] std::vector<std::string> held_back() {
        std::vector<std::string> texts;
        for (const std::string& text : daemon.client()->Degraded()) {
            if (text.starts_with("rule 'most'"))
                texts.push_back(text);
        }
        return texts;
    }
};

}  // namespace

TEST_CASE("a rule that would lower most of a container is held back until it says that it may") {
    if (!is_root())
        return;
    Container t;
    t.load("");
    CHECK(t.lowered() == 0);
    CHECK(t.held_back() ==
          std::vector<std::string>{
              "rule 'most' is held back, because it would lower more than half of all processes, "
              "which is to offer the others: narrow it, or say broad: true"});
    CHECK(t.daemon.wait_for_log("warning: degraded: rule 'most' is held back"));
    t.load("broad: true");
    CHECK(t.lowered() == t.subjects.size());
    CHECK(t.held_back().empty());
    t.load("");
    CHECK(t.lowered() == 0);
    CHECK(read_score(t.subjects.front().pid()) == kOwn);
}

TEST_CASE("what is to be at -1000 is not where that would be too much of the memory") {
    Programs programs;
    const std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(std::string(kQuietSettings) + "limits: {unkillable_memory: 0%}\n");
    daemon.write_rules(
        "10-test.yaml",
        rule_file({rule("huge", named(name, "user: " + std::to_string(::getuid())), "-1000")}));
    // Nothing can be lowered that far here, so it is told what would be.
    daemon.extra_arguments = {"--dry-run"};
    daemon.start();
    const auto bus_pid = static_cast<std::uint32_t>(subject.pid());
    if (texts_of(daemon.client()->GetProcess(bus_pid))["MemoryLimited"] == "b:true") {
        WARN("skipped: the tests run under a memory limit, which counts first");
        return;
    }
    const std::string pid = std::to_string(subject.pid());
    CHECK(daemon.logged("(pid " + pid + ")") ==
          std::vector<std::string>{
              "info: dry run: would set '" + name + "' (pid " + pid +
              ") to -999, is 0, by rule 'huge'; not at -1000, because those at -1000 would use "
              "more of the memory than limits.unkillable_memory allows: a machine full of what "
              "nobody can kill hangs"});
    const auto trial = daemon.client()->Explain(bus_pid).front();
    CHECK(trial.get<2>() == "match");
    CHECK(
        trial.get<3>().ends_with("; -999 instead of -1000, because those at -1000 would use more "
                                 "of the memory than limits.unkillable_memory allows"));
    SECTION("and it is with room for it") {
        const auto loads = daemon.loads();
        daemon.write_settings(std::string(kQuietSettings) + "limits: {unkillable_memory: 100%}\n");
        daemon.send_signal(SIGHUP);
        REQUIRE(daemon.wait_for_load(loads));
        (void)daemon.client()->Rescan();
        CHECK(daemon.wait_for_log("would set '" + name + "' (pid " + pid +
                                  ") to -1000, is 0, by rule 'huge'"));
    }
}

}  // namespace oomguard::test
