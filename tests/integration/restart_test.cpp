// SPDX-License-Identifier: MIT
#include <chrono>
#include <map>
#include <random>
#include <string>

#include <sys/capability.h>
#include <sys/stat.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"
#include "sys/capability.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kRules = "10-test.yaml";
constexpr int kHeld = 432;

void wait_for(std::chrono::microseconds time) {
    const timespec left{0, static_cast<long>(time.count()) * 1000};
    (void)::ppoll(nullptr, 0, &left, nullptr);
}

void remove_rules(GuardDaemon& daemon) {
    const auto loads = daemon.loads();
    daemon.remove_rules(kRules);
    REQUIRE(daemon.wait_for_load(loads));
}

TEST_CASE("However often and whenever the daemon is killed, no original is lost") {
    constexpr unsigned kKills = 8;
    constexpr unsigned kProgramsBetween = 12;
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };

    Programs programs;
    const auto name = programs.unique_name();
    const auto path = programs.add(name);
    Subject starter = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_rules(kRules, program_rule(name, kHeld));

    std::map<pid_t, int> originals;
    const auto start_one = [&] {
        const int original = static_cast<int>(below(400));
        starter.tell({"score", std::to_string(original)});
        originals.emplace(starter.tell({"spawn", path}), original);
    };
    const auto end_one = [&] {
        auto victim = originals.begin();
        std::advance(victim, below(static_cast<unsigned>(originals.size())));
        ::kill(victim->first, SIGKILL);
        originals.erase(victim);
    };
    for (unsigned kill = 0; kill < kKills; ++kill) {
        daemon.start();
        for (unsigned count = below(kProgramsBetween); count > 0; --count)
            start_one();
        start_one();
        wait_for(std::chrono::microseconds(below(4000)));
        daemon.kill9();
        start_one();
        if (below(2) == 0)
            end_one();
    }
    daemon.start();
    for (const auto& [pid, original] : originals) {
        CAPTURE(pid, original);
        CHECK(comes_to(pid, kHeld));
        REQUIRE(eventually([&, pid = pid] { return daemon.client().process(pid).has_value(); }));
        CHECK(daemon.client().process(pid)->original == original);
    }
    CHECK(daemon.client().processes().size() == originals.size());

    remove_rules(daemon);
    for (const auto& [pid, original] : originals) {
        CAPTURE(pid, original);
        CHECK(read_score(pid) == original);
    }
    CHECK(daemon.client().processes().empty());
}

/// A program with a score of its own, 77, held by a daemon.
struct HeldProgram {
    explicit HeldProgram(const std::string& settings) {
        subject.tell({"score", "77"});
        daemon.write_settings(settings);
        daemon.write_rules(kRules, program_rule(name, kHeld));
        daemon.start();
        REQUIRE(read_score(subject.pid()) == kHeld);
    }
    [[nodiscard]] pid_t pid() const { return subject.pid(); }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
};

TEST_CASE("A stop leaves scores as they are, and the next start takes them over") {
    HeldProgram held("restore_on_stop: false\n");
    CHECK(held.daemon.stop() == 0);
    CHECK(held.daemon.logged("stopping") ==
          std::vector<std::string>{"info: stopping; 1 score left as set, restore_on_stop is off"});
    CHECK(read_score(held.pid()) == kHeld);
    held.daemon.start();
    CHECK(held.daemon.logged("took over") ==
          std::vector<std::string>{"info: took over 1 process of an earlier run, of 1 on record"});
    CHECK(held.daemon.client()->Written() == 0);
    CHECK(held.daemon.client().process(held.pid())->original == 77);
    remove_rules(held.daemon);
    CHECK(read_score(held.pid()) == 77);
}

TEST_CASE("With restore_on_stop a stop gives every original back") {
    HeldProgram held("restore_on_stop: true\n");
    const pid_t other = held.subject.tell({"fork"});
    REQUIRE(held.daemon.client().wait_for("ProcessHeld", other));
    // At rest: there is nothing left to tell.
    REQUIRE(held.daemon.wait_for_status("Holding 2 of "));
    CHECK(held.daemon.stop() == 0);
    CHECK(read_score(held.pid()) == 77);
    CHECK(read_score(other) == 77);
    for (const pid_t pid : {held.pid(), other}) {
        const auto told = held.daemon.client().wait_for("ProcessReleased", pid);
        REQUIRE(told);
        CHECK(told->text == "stop");
        CHECK(told->value == 77);
    }
    CHECK(held.daemon.notifications().count("STOPPING=1") == 1);
    CHECK(held.daemon.logged("stopping") ==
          std::vector<std::string>{"info: stopping; every original score was given back"});
    held.daemon.start();
    CHECK(held.daemon.logged("took over").empty());
    CHECK(held.daemon.client().process(held.pid())->original == 77);
}

TEST_CASE("A rule that is removed while the daemon does not run is undone by the next start") {
    HeldProgram held("");
    held.daemon.kill9();
    held.daemon.remove_rules(kRules);
    held.daemon.start();
    CHECK(read_score(held.pid()) == 77);
    CHECK(held.daemon.client().processes().empty());
}

TEST_CASE(
    "A value that was changed by hand while the daemon did not run stays when no rule holds") {
    HeldProgram held("");
    held.daemon.kill9();
    held.daemon.remove_rules(kRules);
    REQUIRE(write_score(held.pid(), 555));
    held.daemon.start();
    CHECK(read_score(held.pid()) == 555);
}

TEST_CASE("The record of originals is for root alone and survives a reload") {
    HeldProgram held("");
    struct stat status {};
    REQUIRE(::stat(held.daemon.ledger_path().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600U);
    const auto record = "hold " + std::to_string(held.pid()) + " " +
                        std::to_string(held.daemon.client().process(held.pid())->start_time) +
                        " 77 432\n";
    const auto text = held.daemon.tree().read("run/ledger");
    CHECK(text.ends_with(record));
}

std::string boot_id() {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    return id;
}

/// A program at 300 and a daemon without rules, whose record of an earlier run is not there yet.
struct Recorded {
    Recorded() { subject.tell({"score", "300"}); }

    [[nodiscard]] std::string header(const std::string& boot) const {
        return "oom-guardd-ledger 1 " + boot + "\n";
    }
    /// The kernel's start time, as in field 22 of stat.
    [[nodiscard]] std::string start_time() const {
        std::ifstream file("/proc/" + std::to_string(subject.pid()) + "/stat");
        std::string word;
        constexpr int kField = 22;
        for (int field = 0; field < kField; ++field)
            file >> word;
        return word;
    }
    [[nodiscard]] std::string hold(const std::string& start) const {
        return "hold " + std::to_string(subject.pid()) + " " + start + " 11 300\n";
    }
    void start_with(const std::string& ledger) {
        daemon.tree().write("run/ledger", ledger);
        daemon.start();
    }

    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    GuardDaemon daemon;
};

TEST_CASE("A record of this boot and of the very process is believed") {
    Recorded recorded;
    recorded.start_with(recorded.header(boot_id()) + recorded.hold(recorded.start_time()));
    CHECK(read_score(recorded.subject.pid()) == 11);
}

TEST_CASE("A record of another boot is not believed") {
    Recorded recorded;
    recorded.start_with(recorded.header("0b1d2c3e-0000-4000-8000-000000000000") +
                        recorded.hold(recorded.start_time()));
    CHECK(read_score(recorded.subject.pid()) == 300);
}

TEST_CASE("A record of an earlier process with the same pid is not believed") {
    Recorded recorded;
    recorded.start_with(recorded.header(boot_id()) + recorded.hold("5"));
    CHECK(read_score(recorded.subject.pid()) == 300);
    CHECK(recorded.daemon.client().processes().empty());
}

TEST_CASE("A record full of garbage harms nothing and is told") {
    Recorded recorded;
    recorded.start_with(recorded.header(boot_id()) + "hold\n\xff\xfe\nhold 1 2 3 4 5 6\n" +
                        "hold -1 5 0 300\nhold 99999999999 5 0 300\n" +
                        recorded.hold(recorded.start_time()) + "hold 7 7 torn");
    CHECK(read_score(recorded.subject.pid()) == 11);
    CHECK(recorded.daemon.logged("could not be read") ==
          std::vector<std::string>{"warning: the record of original scores had 5 lines that could "
                                   "not be read, ignoring them"});
}

TEST_CASE("An original that cannot be given back is told as one, without a rule") {
    if (sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: with CAP_SYS_RESOURCE nothing is refused");
        return;
    }
    Recorded recorded;
    const std::string pid = std::to_string(recorded.subject.pid());
    recorded.start_with(recorded.header(boot_id()) + "hold " + pid + " " + recorded.start_time() +
                        " -500 300\n");
    CHECK(read_score(recorded.subject.pid()) == 300);
    const auto told = recorded.daemon.logged("cannot give");
    REQUIRE(told.size() == 1);
    CHECK(told.front().find(" (pid " + pid + ") its original -500 back, it stays at 300: write " +
                            score_path(recorded.subject.pid()) + ": Permission denied; lowering") !=
          std::string::npos);
    const auto listed = recorded.daemon.client().process(recorded.subject.pid());
    REQUIRE(listed);
    CHECK(listed->rule.empty());
    CHECK(listed->wanted == -500);
    CHECK(listed->state == "refused");
}

TEST_CASE("A file that is no record is told and kept aside") {
    Recorded recorded;
    recorded.start_with("garbage\n");
    CHECK(recorded.daemon.logged("the original scores of an earlier run are not known").size() ==
          1);
    CHECK(std::filesystem::exists(recorded.daemon.ledger_path() + ".unreadable"));
}

TEST_CASE(
    "A second daemon is kept from the record of the first, and a dry run changes nothing of it") {
    Recorded recorded;
    recorded.daemon.start();
    const auto before = std::filesystem::last_write_time(recorded.daemon.ledger_path());
    const auto share = [&](GuardDaemon& other) {
        std::filesystem::create_directory_symlink(recorded.daemon.runtime_directory(),
                                                  other.runtime_directory());
    };
    GuardDaemon second;
    share(second);
    std::string refusal;
    try {
        second.start();
    } catch (const std::exception& error) {
        refusal = error.what();
    }
    CHECK(refusal.find("critical: cannot run: another oom-guardd uses " +
                       second.runtime_directory() +
                       "; stop it, or give this one another --runtime-dir") != std::string::npos);
    GuardDaemon dry;
    share(dry);
    dry.extra_arguments = {"--dry-run"};
    dry.start();
    CHECK(dry.stop() == 0);
    CHECK(std::filesystem::last_write_time(recorded.daemon.ledger_path()) == before);
}

TEST_CASE("A record that is no file harms nothing and is told") {
    Recorded recorded;
    recorded.daemon.tree().write("run/ledger/", "");
    recorded.daemon.start();
    CHECK(recorded.daemon.logged("the original scores of an earlier run are not known").size() ==
          1);
    CHECK(read_score(recorded.subject.pid()) == 300);
    CHECK(std::filesystem::is_regular_file(recorded.daemon.ledger_path()));
}

}  // namespace
}  // namespace oomguard::test
