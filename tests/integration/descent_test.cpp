// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

// What becomes of the descendants of held processes, with real ones.
namespace oomguard::test {
namespace {

/// Another for each process of the tests: without the connector, a daemon takes orphans of the same
/// score for those of what it holds, and others run tests beside this one.
const int kHeld = 100 + ::getpid() % 700;

/// What tells the daemon of processes.
std::string any_sources() {
    return GENERATE(as<std::string>{}, "sources: {exec_doorbell: false}\n",
                    "sweep_interval: 200ms\nsweep_interval_without_events: 200ms\n"
                    "sources: {proc_connector: false}\n",
                    "sweep_interval_without_events: 200ms\n"
                    "sources: {proc_connector: false, cgroups: false, exec_doorbell: false}\n");
}

/// A program that a rule means, and children that no rule means.
struct Family {
    explicit Family(const std::string& sources) : settings(sources) {
        daemon.write_settings(settings);
        daemon.start();
    }

    void set_children(const std::string& children, int score = kHeld) {
        load(rule_file({rule("family", "{name: " + name + "}", std::to_string(score),
                             "children: " + children)}));
    }

    void load(const std::string& text) {
        const auto loads = daemon.loads();
        daemon.write_rules("10-test.yaml", text);
        REQUIRE(daemon.wait_for_load(loads));
    }

    pid_t start(const std::string& way) { return parent.tell({way, child_path}); }

    /// A child in each way there is.
    std::vector<pid_t> start_in_all_ways() {
        std::vector<pid_t> pids;
        for (const char* way : {"spawn", "forkexec", "vforkexec", "spawnbelow", "daemonize"})
            pids.push_back(start(way));
        return pids;
    }

    [[nodiscard]] bool is_listed(pid_t pid) { return daemon.client().process(pid).has_value(); }

    void rescan() { daemon.client()->Rescan(); }

    std::string settings;
    Programs programs;
    std::string name = programs.unique_name();
    std::string child = programs.unique_name();
    std::string child_path = programs.add(child);
    Subject parent = programs.start(name);
    GuardDaemon daemon;
};

TEST_CASE("With reset the children of a held process have what it had before the rule") {
    Family family(any_sources());
    const pid_t early = family.start("spawn");
    family.set_children("reset");
    REQUIRE(comes_to(family.parent.pid(), kHeld));
    SECTION("whatever way they were started in") {
        for (const pid_t pid : family.start_in_all_ways()) {
            CAPTURE(pid);
            CHECK(comes_to(pid, 0));
            CHECK_FALSE(family.is_listed(pid));
        }
    }
    SECTION("orphans adopted by a subreaper") {
        family.parent.tell({"subreaper"});
        CHECK(comes_to(family.start("daemonize"), 0));
    }
    SECTION("also when the value has changed before they were found") {
        family.daemon.send_signal(SIGSTOP);
        const pid_t pid = family.start("spawn");
        REQUIRE(read_score(pid) == kHeld);
        family.daemon.write_rules(
            "10-test.yaml", rule_file({rule("family", "{name: " + family.name + "}", "900")}));
        family.daemon.send_signal(SIGCONT);
        CHECK(comes_to(family.parent.pid(), 900));
        CHECK(comes_to(pid, 0));
    }
    SECTION("also when the parent has died before they were found") {
        family.daemon.send_signal(SIGSTOP);
        const pid_t pid = family.start("daemonize");
        REQUIRE(read_score(pid) == kHeld);
        family.parent.kill();
        family.daemon.send_signal(SIGCONT);
        CHECK(comes_to(pid, 0));
        CHECK(read_score(early) == 0);
        return;
    }
    CHECK(read_score(early) == 0);
    CHECK(read_score(family.parent.pid()) != 0);
}

TEST_CASE("With reset a score that a child has set itself is its own, also if it is the same") {
    Family family(any_sources());
    family.set_children("reset");
    REQUIRE(comes_to(family.parent.pid(), kHeld));
    const pid_t pid = family.start("spawn");
    REQUIRE(comes_to(pid, 0));
    REQUIRE(write_score(pid, kHeld));
    family.rescan();
    CHECK(read_score(pid) == kHeld);
}

TEST_CASE("With include all descendants are held, and given back with the rule") {
    Family family(any_sources());
    const pid_t early = family.start("spawn");
    family.set_children("include");
    auto pids = family.start_in_all_ways();
    pids.push_back(early);
    pids.push_back(family.parent.pid());
    const auto must_all_be_held = [&](int score) {
        for (const pid_t pid : pids) {
            CAPTURE(pid, family.settings);
            CHECK(comes_to(pid, score));
            CHECK(eventually([&] { return family.is_listed(pid); }));
            CHECK(family.daemon.client().process(pid)->rule == "family");
            CHECK(family.daemon.client().process(pid)->original == 0);
        }
    };
    must_all_be_held(kHeld);
    SECTION("another value") {
        family.set_children("include", 900);
        must_all_be_held(900);
    }
    SECTION("another daemon, after this one was killed") {
        family.daemon.kill9();
        family.daemon.start();
        must_all_be_held(kHeld);
    }
    SECTION("the parent has ended") {
        family.parent.kill();
        pids.pop_back();
        family.rescan();
        must_all_be_held(kHeld);
    }
    SECTION("the parent has ended while there was no daemon") {
        family.daemon.kill9();
        family.parent.kill();
        pids.pop_back();
        family.daemon.start();
        must_all_be_held(kHeld);
    }
    family.load("");
    for (const pid_t pid : pids) {
        CAPTURE(pid);
        CHECK(comes_to(pid, 0));
    }
    CHECK(eventually([&] { return family.daemon.client().processes().empty(); }));
}

TEST_CASE("With include 200 workers are held, and all those started in their place") {
    Family family(any_sources());
    family.set_children("include");
    std::vector<pid_t> workers;
    for (int count = 0; count < 100; ++count) {
        workers.push_back(family.start("spawn"));
        workers.push_back(family.start("spawnbelow"));
    }
    for (const pid_t pid : workers) {
        CAPTURE(pid);
        CHECK(comes_to(pid, kHeld));
    }
    // The parent, and the 100 that started others.
    CHECK(eventually([&] { return family.daemon.client().processes().size() == 301; }));
    const pid_t late = family.start("spawn");
    CHECK(comes_to(late, kHeld));
    CHECK(eventually([&] { return family.is_listed(late); }));
}

TEST_CASE("With inherit the kernel's copy is left to the children") {
    Family family(any_sources());
    family.set_children("inherit");
    REQUIRE(comes_to(family.parent.pid(), kHeld));
    const auto pids = family.start_in_all_ways();
    for (const bool has_rule : {true, false}) {
        if (!has_rule)
            family.load("");
        family.rescan();
        for (const pid_t pid : pids) {
            CAPTURE(pid, has_rule);
            CHECK(read_score(pid) == kHeld);
            CHECK_FALSE(family.is_listed(pid));
        }
    }
}

TEST_CASE("A child that shares its parent's memory keeps the score they share") {
    Family family(any_sources());
    family.set_children("reset");
    REQUIRE(comes_to(family.parent.pid(), kHeld));
    const pid_t pid = family.parent.tell({"sharememory", family.child});
    for (int count = 0; count < 3; ++count) {
        family.rescan();
        CHECK(read_score(family.parent.pid()) == kHeld);
        CHECK(read_score(pid) == kHeld);
    }
    CHECK(family.daemon.logged("had been changed").empty());
}

}  // namespace
}  // namespace oomguard::test
