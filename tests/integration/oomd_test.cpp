// SPDX-License-Identifier: MIT
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "bus.hpp"
#include "outcome.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/ctl.hpp"
#include "support/eventually.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/systemd_stand_in.hpp"
#include "sys/cgroup_dir.hpp"
#include "sys/cgroupfs.hpp"

// systemd_oomd: what the built daemon does to real cgroups.
namespace oomguard::test {
namespace {

using Mark = std::optional<bool>;

/// A program in a cgroup of its own, and a rule for it.
struct Marking {
    explicit Marking(TestCgroup made) : cgroup(std::move(made)) {
        move_to_job(subject.pid());
        REQUIRE(write_mark(std::nullopt));
    }

    void write_rule(const std::string& systemd_oomd, const std::string& value = "500") {
        daemon.write_rules("10-test.yaml", "rules:\n  - name: job\n    match: {name: \"" + name +
                                               "\"}\n    oom_score_adj: " + value + "\n" +
                                               systemd_oomd);
    }
    void move_to_job(pid_t pid) {
        if (path.empty()) {
            path = cgroup.path() + "/job.scope";
            cgroup.make_around(pid, "job.scope");
        } else {
            std::ofstream(path + "/cgroup.procs") << pid << std::flush;
        }
    }

    [[nodiscard]] sys::CgroupDir open() const {
        auto dir = sys::CgroupDir::open(cgroup.path(), "/job.scope");
        REQUIRE(dir);
        return *std::move(dir);
    }
    [[nodiscard]] Mark mark() const { return *open().read_mark(OomdPreference::Omit); }
    [[nodiscard]] bool write_mark(Mark mark) const {
        return open().write_mark(OomdPreference::Omit, mark).has_value();
    }
    [[nodiscard]] bool becomes(Mark wanted) const {
        return eventually([&] { return mark() == wanted; });
    }
    /// As the daemon calls it.
    [[nodiscard]] std::string cgroup_name() const {
        return path.substr(sys::find_cgroup_mount()->size());
    }
    /// The last of what Explain tells of the process: "RULE, VERDICT: REASON"
    std::string explained(pid_t pid) {
        const auto trials = daemon.client()->Explain(static_cast<std::uint32_t>(pid));
        const auto& last = trials.back();
        return std::get<0>(last) + ", " + std::get<2>(last) + ": " + std::get<3>(last);
    }
    std::string wanted(pid_t pid) {
        return texts_of(daemon.client()->GetProcess(static_cast<std::uint32_t>(pid)))["OomdWanted"];
    }

    TestCgroup cgroup;
    std::string path;
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
};

std::unique_ptr<Marking> start_marking() {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    const auto dir = cgroup ? sys::CgroupDir::open(cgroup->path(), "/") : errno_error(ENOENT, "");
    if (dir && dir->write_mark(OomdPreference::Omit, std::nullopt))
        return std::make_unique<Marking>(*std::move(cgroup));
    WARN("skipped: no cgroup with attributes can be made: " << why_not);
    return nullptr;
}

constexpr const char* kOmit = "    systemd_oomd: omit\n";

/// With the rule in force.
std::unique_ptr<Marking> start_marked() {
    auto t = start_marking();
    if (t) {
        t->write_rule(kOmit);
        t->daemon.start();
    }
    return t;
}

}  // namespace

TEST_CASE("The cgroup of a held process is marked, and again at once when that is taken away") {
    const auto t = start_marking();
    if (!t)
        return;
    t->daemon.write_settings("sweep_interval: 1h\n");
    t->write_rule(kOmit);
    t->daemon.start();
    const pid_t pid = t->subject.pid();
    CHECK(t->mark() == Mark(true));
    CHECK(t->wanted(pid) == "s:omit");
    const std::string told = "systemd-oomd is told to omit " + t->cgroup_name() + ", by rule 'job'";
    CHECK(t->explained(pid) == "job, systemd-oomd: " + told);
    CHECK(t->daemon.logged("systemd-oomd") == std::vector<std::string>{"info: " + told});

    REQUIRE(t->write_mark(std::nullopt));
    CHECK(t->becomes(true));
    REQUIRE(t->write_mark(false));
    CHECK(t->becomes(true));
    CHECK(t->daemon.logged("told again").size() == 2);
}

TEST_CASE("A marked cgroup that gets another below it is marked no more, without a sweep") {
    const auto t = start_marking();
    if (!t)
        return;
    t->daemon.write_settings("sweep_interval: 1h\n");
    t->write_rule(kOmit);
    t->daemon.start();
    REQUIRE(t->mark() == Mark(true));
    const std::string below = t->path + "/below";
    REQUIRE(::mkdir(below.c_str(), 0755) == 0);
    CHECK(t->becomes(std::nullopt));
    CHECK(::rmdir(below.c_str()) == 0);
}

TEST_CASE("Without news of cgroups a sweep marks again what was taken away") {
    const auto t = start_marking();
    if (!t)
        return;
    t->daemon.write_settings(kQuietSettings);
    t->write_rule(kOmit);
    t->daemon.start();
    REQUIRE(t->write_mark(std::nullopt));
    (void)t->daemon.client()->Rescan();
    CHECK(t->mark() == Mark(true));
}

TEST_CASE("A process that comes into a cgroup has it marked, and the last to leave unmarked") {
    const auto t = start_marked();
    if (!t)
        return;
    Subject other = t->programs.start(t->name);
    t->move_to_job(other.pid());
    // Nothing tells of a move into a cgroup that has processes already.
    (void)t->daemon.client()->Rescan();
    CHECK(t->mark() == Mark(true));
    t->subject.kill();
    CHECK(always([&] { return t->mark() == Mark(true); }, std::chrono::milliseconds(300)));
    // One that no rule means keeps the cgroup there.
    Subject stranger = t->programs.start(t->programs.unique_name());
    t->move_to_job(stranger.pid());
    other.kill();
    CHECK(t->becomes(std::nullopt));
}

TEST_CASE("Others in a marked cgroup are named") {
    const auto t = start_marking();
    if (!t)
        return;
    const auto other_name = t->programs.unique_name();
    Subject other = t->programs.start(other_name);
    t->move_to_job(other.pid());
    t->write_rule(kOmit);
    t->daemon.start();
    const std::string told = "systemd-oomd is told to omit " + t->cgroup_name() +
                             ", by rule 'job'; others in it are spared too: '" + other_name +
                             "' (pid " + std::to_string(other.pid()) + ")";
    CHECK(t->explained(t->subject.pid()) == "job, systemd-oomd: " + told);
    CHECK(t->daemon.logged("systemd-oomd") == std::vector<std::string>{"info: " + told});
    CHECK(t->wanted(other.pid()) == "s:");
}

TEST_CASE("oom-guardctl explain tells of the mark with the killers, not among the rules") {
    const auto t = start_marked();
    if (!t)
        return;
    const std::string told = "systemd-oomd is told to omit " + t->cgroup_name() + ", by rule 'job'";
    const auto run = Ctl(t->daemon).run({"explain", std::to_string(t->subject.pid())});
    CHECK(run.status == 0);
    CHECK(run.err.empty());
    CHECK(run.out.find("told to leave this cgroup alone (omit)\n") != std::string::npos);
    CHECK(run.out.ends_with("          Mark: " + told + "\n"));
    CHECK(run.out.find("systemd-oomd " + told) == std::string::npos);
}

TEST_CASE("What was there before is back without the rule, and when the daemon stops") {
    const auto t = start_marking();
    if (!t)
        return;
    REQUIRE(t->write_mark(false));
    t->daemon.write_settings("restore_on_stop: true\n");
    t->write_rule(kOmit);
    t->daemon.start();
    CHECK(t->mark() == Mark(true));
    t->write_rule("");
    (void)t->daemon.client()->Reload();
    CHECK(t->mark() == Mark(false));
    CHECK(t->daemon.logged("no longer") ==
          std::vector<std::string>{"info: systemd-oomd is no longer told to omit " +
                                   t->cgroup_name()});
    CHECK(t->wanted(t->subject.pid()) == "s:");
    t->write_rule(kOmit);
    (void)t->daemon.client()->Reload();
    CHECK(t->mark() == Mark(true));
    CHECK(t->daemon.stop() == 0);
    CHECK(t->mark() == Mark(false));
}

TEST_CASE("Without restore_on_stop a stop leaves the marks, and says so") {
    const auto t = start_marked();
    if (!t)
        return;
    CHECK(t->daemon.stop() == 0);
    CHECK(t->mark() == Mark(true));
    CHECK(t->daemon.logged("stopping") ==
          std::vector<std::string>{"info: stopping; 1 score and what systemd-oomd is told of 1 "
                                   "cgroup left as set, restore_on_stop is off"});
}

TEST_CASE("A killed daemon's marks are taken over by the next, and given back without a rule") {
    const auto t = start_marked();
    if (!t)
        return;
    t->daemon.kill9();
    CHECK(t->mark() == Mark(true));
    t->daemon.start();
    CHECK(t->mark() == Mark(true));
    CHECK(t->daemon.logged("took over what systemd-oomd") ==
          std::vector<std::string>{"info: took over what systemd-oomd was told of 1 cgroup"});
    t->daemon.kill9();
    t->write_rule("");
    t->daemon.start();
    CHECK(t->mark() == Mark());
}

TEST_CASE("The marks of a daemon that will not come back are given back by --restore") {
    const auto t = start_marked();
    if (!t)
        return;
    t->daemon.kill9();
    const Outcome outcome =
        run_guardd({"--restore", "--runtime-dir", t->daemon.runtime_directory()});
    CHECK(outcome.status == 0);
    CHECK(outcome.output ==
          "1 score given back\nwhat systemd-oomd was told of 1 cgroup taken back\n");
    CHECK(outcome.errors.empty());
    CHECK(t->mark() == Mark());
}

TEST_CASE("In a dry run no cgroup is marked") {
    const auto t = start_marking();
    if (!t)
        return;
    t->write_rule(kOmit);
    t->daemon.extra_arguments = {"--dry-run"};
    t->daemon.start();
    CHECK(t->mark() == Mark());
    CHECK(t->explained(t->subject.pid()) ==
          "job, systemd-oomd: systemd-oomd would be told to omit " + t->cgroup_name() +
              ", by rule 'job'");
}

TEST_CASE("A rule can leave the score alone and have systemd-oomd told all the same") {
    const auto t = start_marking();
    if (!t)
        return;
    t->write_rule(kOmit, "unchanged");
    t->daemon.start();
    CHECK(t->mark() == Mark(true));
    CHECK(t->daemon.client()->HeldCount() == 0);
    CHECK(t->wanted(t->subject.pid()) == "s:omit");
}

TEST_CASE("A cgroup that is not fit to be marked is told, and why") {
    const auto t = start_marking();
    if (!t)
        return;
    Subject below = t->programs.start(t->programs.unique_name());
    t->cgroup.make_around(below.pid(), "job.scope/leaf");
    t->write_rule(kOmit);
    t->daemon.start();
    CHECK(t->mark() == Mark());
    const std::string told =
        "systemd-oomd cannot be told to omit " + t->cgroup_name() +
        ", by rule 'job': there are cgroups below it, and a mark would mean them too, or nothing; "
        "run the program in one of its own (systemd-run)";
    CHECK(t->explained(t->subject.pid()) == "job, systemd-oomd: " + told);
    CHECK(t->daemon.logged("cannot be told") == std::vector<std::string>{"warning: " + told});
    const auto degraded = t->daemon.client()->Degraded();
    CHECK(std::count(
              degraded.begin(), degraded.end(),
              "1 cgroup is not fit to be marked for systemd-oomd; see Explain and the log") == 1);
}

TEST_CASE("Where systemd is too old for marks the status says so") {
    const auto t = start_marking();
    if (!t)
        return;
    const SystemdStandIn systemd(t->daemon.bus().address(), "247.3-7+deb11u6");
    t->write_rule(kOmit);
    t->daemon.start();
    const std::string ignored =
        "systemd-oomd of version 247 knows no preferences, they came with 248";
    CHECK(t->daemon.wait_for_status("1 cgroup is marked, but not always to effect: " + ignored));
    CHECK(t->explained(t->subject.pid()) == "job, systemd-oomd: systemd-oomd is told to omit " +
                                                t->cgroup_name() + ", by rule 'job'; " + ignored);
}

TEST_CASE("Where systemd-oomd ignores marks on cgroups of users the status says so") {
    const auto t = start_marking();
    if (!t || ::geteuid() != 0)
        return;
    const SystemdStandIn systemd(t->daemon.bus().address(), "251");
    REQUIRE(::chown(t->path.c_str(), 1000, 1000) == 0);
    t->write_rule(kOmit);
    t->daemon.start();
    const std::string ignored =
        "systemd-oomd of version 251 ignores it, as the cgroup is not root's: run the program as a "
        "system service";
    CHECK(t->daemon.wait_for_status("1 cgroup is marked, but not always to effect: " + ignored));
    CHECK(t->daemon.logged("of version 251") ==
          std::vector<std::string>{"warning: cgroups are marked, but not always to effect: " +
                                   ignored});
}

}  // namespace oomguard::test
