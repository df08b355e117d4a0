// SPDX-License-Identifier: MIT
#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/eventually.hpp"
#include "support/guard_daemon.hpp"
#include "support/oomd_stand_in.hpp"
#include "support/programs.hpp"
#include "sys/cgroupfs.hpp"

// Kills as the built daemon tells them. What the kernel kills: tests/system/scenarios/39-kills.
namespace oomguard::test {
namespace {

/// Two programs in a cgroup that a rule wants systemd-oomd to leave alone, and one that none means.
struct Doomed {
    explicit Doomed(TestCgroup made) : cgroup(std::move(made)) {
        cgroup.make_around(first.pid(), "job.scope");
        for (const pid_t pid : {second.pid(), bystander.pid()})
            std::ofstream(cgroup.path() + "/job.scope/cgroup.procs") << pid << std::flush;
        daemon.write_rules("10-test.yaml",
                           "rules:\n  - name: job\n    match: {name: \"" + name +
                               "\"}\n    oom_score_adj: 500\n    systemd_oomd: omit\n");
        daemon.start();
        REQUIRE(eventually([&] { return daemon.client().source("proc-connector").first; }));
    }

    /// As systemd has it.
    [[nodiscard]] std::string job() const {
        return (cgroup.path() + "/job.scope").substr(sys::find_cgroup_mount()->size());
    }
    void kill_both() {
        for (const Subject* subject : {&first, &second})
            REQUIRE(::kill(subject->pid(), SIGKILL) == 0);
    }
    /// What is told of both, in the order of their pids.
    std::vector<Signal> told() {
        for (const Subject* subject : {&first, &second})
            REQUIRE(daemon.client().wait_for("ProcessKilled", subject->pid()));
        std::vector<Signal> signals;
        for (const Signal& signal : daemon.client().signals()) {
            if (signal.name == "ProcessKilled")
                signals.push_back(signal);
        }
        std::sort(signals.begin(), signals.end(),
                  [](const Signal& a, const Signal& b) { return a.pid < b.pid; });
        return signals;
    }

    TestCgroup cgroup;
    Programs programs;
    std::string name = programs.unique_name();
    Subject first = programs.start(name);
    Subject second = programs.start(name);
    Subject bystander = programs.start(programs.unique_name());
    GuardDaemon daemon;
};

std::unique_ptr<Doomed> start_doomed() {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return nullptr;
    }
    return std::make_unique<Doomed>(*std::move(cgroup));
}

const std::string kWhy =
    "systemd-oomd was not told in time or ignored it, or its rule says avoid and nothing else was "
    "left to kill; see oom-guardctl explain on its next run";

TEST_CASE(
    "What systemd-oomd kills is told with every process that was lost, also after a restart") {
    const auto t = start_doomed();
    if (!t)
        return;
    OomdStandIn oomd(t->daemon.bus().address());
    t->kill_both();
    oomd.tell_killed(t->job(), "memory-pressure");
    const auto told = t->told();
    REQUIRE(told.size() == 2);
    for (const Signal& signal : told) {
        CHECK(signal.process == t->name);
        CHECK(signal.rule == "job");
        CHECK(signal.value == 500);
        CHECK(signal.text == "systemd-oomd");
        CHECK(signal.limit.empty());
        CHECK(signal.why == kWhy);
        CHECK(signal.batch == told[0].batch);
    }
    CHECK(t->daemon.logged("error: '" + t->name).size() == 2);

    REQUIRE(t->daemon.stop() == 0);
    t->daemon.start();
    const auto kills = t->daemon.client()->ListKills();
    REQUIRE(kills.size() == 2);
    CHECK(kills[0].get<5>() == t->job());
    CHECK(kills[1].get<13>() == told[0].batch);
}

TEST_CASE(
    "Who was killed before it was seen what it had executed is not called what it was before") {
    const auto t = start_doomed();
    if (!t)
        return;
    OomdStandIn oomd(t->daemon.bus().address());
    const pid_t pid = t->bystander.pid();
    t->daemon.send_signal(SIGSTOP);
    t->bystander.tell({"exec", t->programs.add(t->programs.unique_name()), "obey"});
    t->bystander.kill();
    oomd.tell_killed(t->job(), "memory-pressure");
    t->daemon.send_signal(SIGCONT);
    const auto told = t->daemon.client().wait_for("ProcessKilled", pid);
    REQUIRE(told);
    CHECK(told->process.empty());
    CHECK(t->daemon.client()->ListKills().at(0).get<5>() == t->job());
}

TEST_CASE("Who does not have systemd-oomd's name cannot tell of kills") {
    const auto t = start_doomed();
    if (!t)
        return;
    OomdStandIn liar(t->daemon.bus().address(), OomdStandIn::Name::NotOwned);
    liar.tell_killed("/", "memory-used");
    liar.tell_killed("/", "memory-used", "org.oomguard1");
    t->kill_both();
    liar.tell_killed(t->job(), "memory-used");
    liar.tell_killed(t->job(), "memory-used", "org.oomguard1");
    OomdStandIn oomd(t->daemon.bus().address());
    oomd.tell_killed(t->job(), "memory-pressure");
    for (const Signal& signal : t->told())
        CHECK(signal.why == kWhy);
    CHECK(t->daemon.client()->ListKills().size() == 2);
}

}  // namespace
}  // namespace oomguard::test
