// SPDX-License-Identifier: MIT
#include <string>

#include <sys/capability.h>

#include "core/ledger.hpp"
#include "outcome.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"
#include "sys/capability.hpp"

// oom-guardd --restore, for when there will be no daemon any more.
namespace oomguard::test {
namespace {

Outcome restore(const GuardDaemon& daemon) {
    return run_guardd({"--restore", "--runtime-dir", daemon.runtime_directory()});
}

/// Programs with scores of their own, and a daemon with a rule for all of them.
struct Held {
    Held() {
        for (const int original : {0, 77, 200}) {
            subjects.push_back(programs.start(name));
            subjects.back().tell({"score", std::to_string(original)});
            originals.emplace_back(subjects.back().pid(), original);
        }
        daemon.write_rules("10-test.yaml", program_rule(name, 432));
        daemon.start();
        for (const auto& [pid, original] : originals)
            REQUIRE(read_score(pid) == 432);
    }
    void check_restored() const {
        for (const auto& [pid, original] : originals) {
            CAPTURE(pid);
            CHECK(read_score(pid) == original);
        }
    }
    [[nodiscard]] std::unordered_map<Pid, Ledger::Entry> on_record() const {
        std::string boot;
        std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
        return parse_ledger(daemon.tree().read("run/ledger"), boot).entries;
    }

    Programs programs;
    std::string name = programs.unique_name();
    std::vector<Subject> subjects;
    std::vector<std::pair<pid_t, int>> originals;
    GuardDaemon daemon;
};

/// The kernel's start time, as in field 22 of stat.
std::string start_time(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string word;
    constexpr int kField = 22;
    for (int field = 0; field < kField; ++field)
        file >> word;
    return word;
}

}  // namespace

TEST_CASE("What a killed daemon held is restored, and nothing is left on record") {
    Held held;
    held.daemon.kill9();
    const Outcome outcome = restore(held.daemon);
    CHECK(outcome.status == 0);
    CHECK(outcome.output == "3 scores given back\n");
    CHECK(outcome.errors.empty());
    held.check_restored();
    CHECK(held.on_record().empty());

    const Outcome again = restore(held.daemon);
    CHECK(again.status == 0);
    CHECK(again.output == "0 scores given back\n");
}

TEST_CASE("What a stopped daemon left is restored but for what has ended or was changed since") {
    Held held;
    CHECK(held.daemon.stop() == 0);
    held.subjects[0].kill();
    REQUIRE(write_score(held.originals[1].first, 555));
    const Outcome outcome = restore(held.daemon);
    CHECK(outcome.status == 0);
    CHECK(outcome.output == "1 score given back\n");
    CHECK(outcome.errors.empty());
    CHECK(read_score(held.originals[1].first) == 555);
    CHECK(read_score(held.originals[2].first) == 200);
    CHECK(held.on_record().empty());
}

TEST_CASE("Nothing is restored while a daemon runs") {
    Held held;
    const auto before = held.on_record();
    CHECK(before.size() == 3);
    const Outcome outcome = restore(held.daemon);
    CHECK(outcome.status == 1);
    CHECK(outcome.output.empty());
    CHECK(outcome.errors == "oom-guardd: another oom-guardd uses " +
                                held.daemon.runtime_directory() + "; stop it first\n");
    CHECK(held.on_record() == before);
    for (const auto& [pid, original] : held.originals)
        CHECK(read_score(pid) == 432);
}

TEST_CASE("A score that cannot be given back is told with the reason, and stays on record") {
    if (sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: with CAP_SYS_RESOURCE nothing is refused");
        return;
    }
    Held held;
    held.daemon.kill9();
    // Of its own one had what only a privileged daemon can give back.
    const pid_t pid = held.originals[0].first;
    const std::string id = std::to_string(pid);
    std::ofstream(held.daemon.ledger_path(), std::ios::app)
        << "hold " << id << " " << start_time(pid) << " -500 432\n";
    const Outcome outcome = restore(held.daemon);
    CHECK(outcome.status == 1);
    CHECK(outcome.output == "2 scores given back\n");
    CHECK(outcome.errors ==
          "oom-guardd: cannot give '" + held.name + "' (pid " + id +
              ") its original -500 back, it stays at 432: write /proc/" + id +
              "/oom_score_adj: Permission denied; this needs CAP_DAC_OVERRIDE, and "
              "CAP_SYS_RESOURCE to lower\n"
              "oom-guardd: 1 score could not be given back\n");
    CHECK(read_score(pid) == 432);
    CHECK(read_score(held.originals[1].first) == 77);
    REQUIRE(held.on_record().size() == 1);
    CHECK(held.on_record().at(pid).written == Written{-500, 432});
}

TEST_CASE("Without a runtime directory or a record there is nothing to restore") {
    GuardDaemon daemon;
    SECTION("no directory") {}
    SECTION("no record") {
        daemon.tree().write("run/", "");
    }
    const Outcome outcome = restore(daemon);
    CHECK(outcome.status == 0);
    CHECK(outcome.output == "0 scores given back\n");
    CHECK(outcome.errors.empty());
}

TEST_CASE("A record that cannot be read is told, and restores what can be") {
    Held held;
    held.daemon.kill9();
    SECTION("a line of it") {
        std::ofstream(held.daemon.ledger_path(), std::ios::app) << "garbage\n";
        const Outcome outcome = restore(held.daemon);
        CHECK(outcome.status == 1);
        CHECK(outcome.output == "3 scores given back\n");
        CHECK(outcome.errors ==
              "oom-guardd: 1 line of the record of original scores could not be read\n");
        held.check_restored();
    }
    SECTION("the whole") {
        held.daemon.tree().write("run/ledger", "garbage\n");
        const Outcome outcome = restore(held.daemon);
        CHECK(outcome.status == 1);
        CHECK(outcome.output.empty());
        CHECK(outcome.errors == "oom-guardd: the original scores are not known: read " +
                                    held.daemon.ledger_path() +
                                    ": not a ledger, its first line is not of this format\n");
    }
}

}  // namespace oomguard::test
