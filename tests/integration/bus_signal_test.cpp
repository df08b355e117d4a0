// SPDX-License-Identifier: MIT
#include <set>

#include <sys/capability.h>

#include "bus.hpp"
#include "support/catch.hpp"
#include "sys/capability.hpp"

// Every signal with all it carries, and how many of them come.
namespace oomguard::test {
namespace {

using Names = std::set<std::string>;

Names changed_names(const Signal& signal) {
    Names names;
    for (const auto& [name, value] : signal.changed)
        names.insert(name);
    return names;
}

/// A daemon that holds one process.
struct Holding {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    int original = *read_score(subject.pid());
    GuardDaemon daemon;

    explicit Holding(const std::string& value = "345") {
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml", rule_text("keep", name, value));
        daemon.start();
    }
    ManagerClient& client() { return daemon.client(); }

    void check_subject(const Signal& signal) const {
        CHECK(signal.pid == subject.pid());
        CHECK(signal.process == name);
        CHECK(signal.start_time == start_time(subject.pid()));
    }
};

}  // namespace

TEST_CASE("ProcessHeld tells who is held, by which rule, at what and from where") {
    Holding t;
    // The first sweep is before the bus would tell anyone: another process comes.
    Subject other = t.programs.start(t.name);
    const auto held = t.client().wait_for("ProcessHeld", other.pid());
    REQUIRE(held);
    CHECK(held->process == t.name);
    CHECK(held->start_time == start_time(other.pid()));
    CHECK(held->rule == "keep");
    CHECK(held->original == t.original);
    CHECK(held->wanted == 345);
    CHECK(t.client().count("ProcessHeld", other.pid()) == 1);
}

TEST_CASE("ProcessReleased tells of an end, and what had been held") {
    Holding t;
    const auto start = start_time(t.subject.pid());
    const auto pid = t.subject.pid();
    t.subject.kill();
    (void)t.client()->Rescan();
    const auto released = t.client().wait_for("ProcessReleased", pid);
    REQUIRE(released);
    CHECK(released->start_time == start);
    CHECK(released->process == t.name);
    CHECK(released->rule == "keep");
    CHECK(released->value == 345);
    CHECK(released->text == "gone");
}

TEST_CASE("ProcessReleased tells that no rule means a process any more, and what it is left with") {
    Holding t;
    t.daemon.write_rules("10-test.yaml", "rules: []\n");
    CHECK(t.client()->Reload() == 2);
    const auto released = t.client().wait_for("ProcessReleased", t.subject.pid());
    REQUIRE(released);
    t.check_subject(*released);
    CHECK(released->value == t.original);
    CHECK(released->text == "unmatched");
    CHECK(read_score(t.subject.pid()) == t.original);
}

TEST_CASE("ProcessReleased tells of a stop that gives originals back") {
    Holding t;
    t.daemon.write_settings(std::string(kQuietSettings) + "restore_on_stop: true\n");
    (void)t.client()->Reload();
    CHECK(t.daemon.stop() == 0);
    const auto released = t.client().wait_for("ProcessReleased", t.subject.pid());
    REQUIRE(released);
    CHECK(released->text == "stop");
    CHECK(released->value == t.original);
    CHECK(released->rule == "keep");
}

TEST_CASE("ScoreDrifted tells what someone else had set, and that it was repaired") {
    Holding t;
    REQUIRE(write_score(t.subject.pid(), 500));
    (void)t.client()->Rescan();
    const auto drifted = t.client().wait_for("ScoreDrifted", t.subject.pid());
    REQUIRE(drifted);
    t.check_subject(*drifted);
    CHECK(drifted->rule == "keep");
    CHECK(drifted->wanted == 345);
    CHECK(drifted->found == 500);
    CHECK(drifted->repaired);
}

TEST_CASE("ScoreDrifted tells once of a fight that is backed off from") {
    Holding t;
    for (int round = 0; round < 12; ++round) {
        REQUIRE(write_score(t.subject.pid(), 500));
        (void)t.client()->Rescan();
    }
    const auto left = t.client().wait_for(
        [](const Signal& signal) { return signal.name == "ScoreDrifted" && !signal.repaired; });
    REQUIRE(left);
    CHECK(left->found == 500);
    CHECK(t.client().count("ScoreDrifted") < 9);
    CHECK(t.client().process(t.subject.pid())->state == "drifting");
    CHECK(t.client().process(t.subject.pid())->current == 500);
}

TEST_CASE("WriteRefused tells once why a score could not be written") {
    if (sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: nothing is refused to a daemon with CAP_SYS_RESOURCE");
        return;
    }
    Holding t("-500");
    Subject other = t.programs.start(t.name);
    const auto refused = t.client().wait_for("WriteRefused", other.pid());
    REQUIRE(refused);
    CHECK(refused->process == t.name);
    CHECK(refused->start_time == start_time(other.pid()));
    CHECK(refused->rule == "keep");
    CHECK(refused->wanted == -500);
    CHECK(refused->current == t.original);
    const std::string reason = "write " + score_path(other.pid()) + ": Permission denied";
    CHECK(refused->text == reason);
    for (int look = 0; look < 3; ++look)
        (void)t.client()->Rescan();
    CHECK(t.client().count("WriteRefused", other.pid()) == 1);
    CHECK(t.client().process(other.pid())->state == "refused");
    CHECK(texts_of(t.client()->GetProcess(static_cast<std::uint32_t>(other.pid())))["LastError"] ==
          "s:" + reason);
    CHECK(t.client().rule("keep")->refused == 2);
    CHECK(t.client()->WritesRefused() >= 2);
    CHECK(t.client()->HeldCount() == 0);
}

TEST_CASE("PropertiesChanged comes for what has changed, and for nothing else") {
    Holding t;
    (void)t.client()->Rescan();
    t.client().forget_signals();
    Subject other = t.programs.start(t.name);
    REQUIRE(t.client().wait_for("ProcessHeld", other.pid()));
    const auto changed = t.client().wait_for("PropertiesChanged");
    REQUIRE(changed);
    CHECK(changed_names(*changed) == Names{"HeldCount"});
    CHECK(changed->changed.at("HeldCount").get<std::uint32_t>() == 2);

    // Nothing that is told of changes by another look: only what comes next is told.
    t.client().forget_signals();
    (void)t.client()->Rescan();
    t.daemon.write_settings(std::string(kQuietSettings) + "dry_run: true\n");
    (void)t.client()->Reload();
    const auto next = t.client().wait_for("PropertiesChanged");
    REQUIRE(next);
    CHECK(changed_names(*next) == Names{"DryRun", "Generation"});
    CHECK(next->changed.at("DryRun").get<bool>());
    CHECK(next->changed.at("Generation").get<std::uint64_t>() == 2);
}

TEST_CASE("many changes at once are one PropertiesChanged") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    constexpr unsigned kChildren = 50;
    for (unsigned child = 0; child < kChildren; ++child)
        subject.tell({"fork"});
    GuardDaemon daemon;
    daemon.write_settings(
        "sources: {proc_connector: false, cgroups: false, exec_doorbell: false, rule_files: "
        "false}\nsweep_interval: 1h\nsweep_interval_without_events: 1h\n");
    daemon.start();
    (void)daemon.client()->Rescan();
    daemon.client().forget_signals();
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    CHECK(daemon.client()->Reload() == 2);
    const auto changed = daemon.client().wait_for("PropertiesChanged");
    REQUIRE(changed);
    CHECK(changed_names(*changed) == Names{"Generation", "HeldCount", "RuleCount"});
    CHECK(changed->changed.at("HeldCount").get<std::uint32_t>() == kChildren + 1);
    CHECK(daemon.client().count("ProcessHeld") == kChildren + 1);
    CHECK(daemon.client().count("PropertiesChanged") == 1);
}

}  // namespace oomguard::test
