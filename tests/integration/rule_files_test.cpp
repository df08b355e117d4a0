// SPDX-License-Identifier: MIT
#include <string>

#include <sys/stat.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

using Directory = GuardDaemon::Directory;
constexpr const char* kRules = "10-test.yaml";

/// A daemon with a program and no rules yet.
struct Files {
    Files() { daemon.start(); }

    [[nodiscard]] std::string wanting(int score) const { return program_rule(name, score); }
    [[nodiscard]] int score() const { return read_score(subject.pid()).value(); }

    /// Changes files, and waits until the daemon has loaded them.
    template <typename Change>
    void change(Change change) {
        const auto loads = daemon.loads();
        change();
        REQUIRE(daemon.wait_for_load(loads));
    }
    void write(const std::string& text, Directory directory = Directory::Etc) {
        change([&] { daemon.write_rules(kRules, text, directory); });
    }
    void remove(Directory directory = Directory::Etc) {
        change([&] { daemon.remove_rules(kRules, directory); });
    }

    /// The rules in force stay: what a file with an error must leave as it is.
    void check_rejected(int score_in_force, const std::string& diagnostics, int errors = 1) {
        CHECK(score() == score_in_force);
        const auto told = daemon.client().wait_for("RulesRejected");
        REQUIRE(told);
        CHECK(told->text == diagnostics);
        CHECK(told->generation == daemon.client()->Generation());
        const std::string what = "files rejected, " + std::to_string(errors) +
                                 (errors == 1 ? " error" : " errors") + ": the 1 rule of " +
                                 "generation " + std::to_string(told->generation) +
                                 " stays in force";
        const auto degraded = daemon.client()->Degraded();
        REQUIRE_FALSE(degraded.empty());
        CHECK(degraded.front() == what + "; see the log, or run oom-guardd --check-config");
        CHECK(daemon.wait_for_status(what));
        CHECK(daemon.logged(what) ==
              std::vector<std::string>{"error: " + what +
                                       "; see above, or run oom-guardd --check-config"});
    }

    void check_mended() {
        for (const auto& text : daemon.client()->Degraded())
            CHECK(text.find("rejected") == std::string::npos);
        CHECK(daemon.notifications().status().find("rejected") == std::string::npos);
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
};

TEST_CASE("A rule file that is written, edited and removed is in force each time") {
    Files files;
    const auto generation = files.daemon.client()->Generation();
    CHECK(files.score() == 0);
    files.write(files.wanting(300));
    CHECK(files.score() == 300);
    const auto told = files.daemon.client().wait_for("RulesReloaded");
    REQUIRE(told);
    CHECK(told->generation == generation + 1);
    CHECK(told->rules == 1);
    files.write(files.wanting(310));
    CHECK(files.score() == 310);
    files.remove();
    CHECK(files.score() == 0);
    CHECK(files.daemon.client()->RuleCount() == 0);
    CHECK(files.daemon.client()->Generation() == generation + 3);
}

TEST_CASE("A load is told to systemd as a reload") {
    Files files;
    const auto reloads = files.daemon.notifications().count("RELOADING=1");
    files.write(files.wanting(300));
    CHECK(files.daemon.notifications().count("RELOADING=1") == reloads + 1);
    CHECK(files.daemon.notifications().status().starts_with("Holding 1 of "));
}

TEST_CASE("A file of an earlier directory replaces its namesakes") {
    Files files;
    files.write(files.wanting(300), Directory::Usr);
    CHECK(files.score() == 300);
    files.write(files.wanting(310), Directory::Run);
    CHECK(files.score() == 310);
    files.write(files.wanting(320), Directory::Etc);
    CHECK(files.score() == 320);
    files.remove(Directory::Etc);
    CHECK(files.score() == 310);
    files.remove(Directory::Run);
    CHECK(files.score() == 300);
}

TEST_CASE("A link to /dev/null and an empty file mask a file of a later directory") {
    Files files;
    files.write(files.wanting(300), Directory::Usr);
    const std::string mask = files.daemon.rules_path(kRules);
    SECTION("a link to /dev/null") {
        files.change([&] { std::filesystem::create_symlink("/dev/null", mask); });
        CHECK(files.score() == 0);
    }
    SECTION("an empty file") {
        files.write("");
        CHECK(files.score() == 0);
    }
    CHECK(files.daemon.client()->RuleCount() == 0);
    files.change([&] { std::filesystem::remove(mask); });
    CHECK(files.score() == 300);
}

TEST_CASE("Of files of several names the first by name decides") {
    Files files;
    files.change([&] {
        files.daemon.write_rules("20-second.yaml",
                                 rule_file({rule("second", "{name: " + files.name + "}", "320")}),
                                 Directory::Etc);
    });
    CHECK(files.score() == 320);
    files.write(files.wanting(310), Directory::Usr);
    CHECK(files.score() == 310);
}

TEST_CASE("A broken file leaves the rules in force until it is mended") {
    Files files;
    files.write(files.wanting(300));
    files.write("rules:\n  - name: test\n    match: {nmae: x}\n    oom_score_adj: 2000\n");
    const std::string path = files.daemon.rules_path(kRules);
    files.check_rejected(
        300,
        path +
            ":3:13: error: unknown key 'nmae' in match of rule 'test' (did you mean 'name'?)\n"
            "        match: {nmae: x}\n"
            "                ^\n" +
            path +
            ":4:20: error: oom_score_adj in rule 'test' must be an integer from -1000 to "
            "1000, {at_most: N}, {at_least: N} or unchanged, got \"2000\"\n"
            "        oom_score_adj: 2000\n"
            "                       ^\n",
        2);
    // A new process of the rule in force is still found.
    Subject other = files.programs.start(files.name);
    CHECK(comes_to(other.pid(), 300));

    files.write(files.wanting(310));
    CHECK(files.score() == 310);
    files.check_mended();
}

/// What was logged as an error.
std::vector<std::string> errors_of(const GuardDaemon& daemon) {
    auto lines = daemon.logged("error: ");
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("error: "); });
    return lines;
}

TEST_CASE("A broken file at the start leaves the shipped rules in force") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_rules("10-mine.yaml", "rules: 5\n", Directory::Etc);
    daemon.write_rules("90-shipped.yaml", program_rule(name, 333), Directory::Usr);
    daemon.start();
    CHECK(read_score(subject.pid()) == 333);
    const auto degraded = daemon.client()->Degraded();
    REQUIRE_FALSE(degraded.empty());
    const std::string what = "files rejected, 1 error: only the rules in " +
                             daemon.rules_path("", Directory::Usr) + " are in force";
    CHECK(degraded.front() == what + "; see the log, or run oom-guardd --check-config");
    CHECK(daemon.wait_for_status(what));
    CHECK(errors_of(daemon) ==
          std::vector<std::string>{
              "error: " + daemon.rules_path("10-mine.yaml") +
                  ":1:8: error: rules must be a list of rules, got \"5\"",
              "error: " + what + "; see above, or run oom-guardd --check-config"});
}

TEST_CASE("Broken shipped files at the start leave no rules in force, and are told once") {
    GuardDaemon daemon;
    daemon.write_rules("50-masked.yaml", "rules: []\n", Directory::Etc);
    daemon.write_rules("50-masked.yaml", "rules: 6\n", Directory::Usr);
    daemon.write_rules("90-shipped.yaml", "rules: 5\n", Directory::Usr);
    daemon.start();
    const std::string what = "files rejected, 1 error: no rules are in force, as the rules in " +
                             daemon.rules_path("", Directory::Usr) + " have errors too";
    CHECK(daemon.client()->Degraded().front() ==
          what + "; see the log, or run oom-guardd --check-config");
    CHECK(daemon.client()->RuleCount() == 0);
    // The one that a file of the administrator had replaced comes into it only now.
    CHECK(
        errors_of(daemon) ==
        std::vector<std::string>{"error: " + daemon.rules_path("90-shipped.yaml", Directory::Usr) +
                                     ":1:8: error: rules must be a list of rules, got \"5\"",
                                 "error: " + what + "; see above, or run oom-guardd --check-config",
                                 "error: " + daemon.rules_path("50-masked.yaml", Directory::Usr) +
                                     ":1:8: error: rules must be a list of rules, got \"6\""});
}

TEST_CASE("A rule directory that goes and comes again is watched") {
    Files files;
    files.write(files.wanting(300));
    CHECK(files.score() == 300);
    files.change([&] { std::filesystem::remove_all(files.daemon.rules_path()); });
    CHECK(comes_to(files.subject.pid(), 0));
    files.daemon.write_rules(kRules, files.wanting(310));
    CHECK(comes_to(files.subject.pid(), 310));
}

TEST_CASE("A rule directory that is not there when its watch begins is watched when it is made") {
    Files files;
    files.change(
        [&] { files.daemon.write_settings("sources: {rule_files: false}\nsweep_interval: 1h\n"); });
    std::filesystem::remove(files.daemon.rules_path());
    const auto loads = files.daemon.loads();
    files.daemon.write_settings("sweep_interval: 1h\n");
    files.daemon.send_signal(SIGHUP);
    REQUIRE(files.daemon.wait_for_load(loads));
    files.daemon.write_rules(kRules, files.wanting(300));
    CHECK(comes_to(files.subject.pid(), 300));
}

TEST_CASE("A rule directory that is given and does not exist keeps the daemon from running") {
    GuardDaemon daemon;
    const std::string missing = daemon.tree().path("rulse.d");
    daemon.extra_arguments = {"--rules", missing};
    std::string refusal;
    try {
        daemon.start();
    } catch (const std::exception& error) {
        refusal = error.what();
    }
    CHECK(refusal.starts_with("oom-guardd ended with 1:\n"));
    CHECK(daemon.logged("cannot run") ==
          std::vector<std::string>{"critical: cannot run: there is no rule directory " + missing});
}

TEST_CASE("A file that an editor saves by renaming over it is in force") {
    Files files;
    files.write(files.wanting(300));
    files.change([&] {
        files.daemon.write_rules(".10-test.yaml.swp", files.wanting(305));
        std::filesystem::rename(files.daemon.rules_path(".10-test.yaml.swp"),
                                files.daemon.rules_path(kRules));
    });
    CHECK(files.score() == 305);
}

TEST_CASE("A file written in several pieces is loaded when it is whole") {
    Files files;
    files.write(files.wanting(300));
    const std::string text = files.wanting(310);
    {
        std::ofstream file(files.daemon.rules_path(kRules), std::ios::app);
        file << "# more\n" << std::flush;
        CHECK(always([&] { return files.score() == 300; }, std::chrono::milliseconds(300)));
    }
    CHECK(files.daemon.client().count("RulesRejected") == 0);
    files.write(text);
    CHECK(files.score() == 310);
    CHECK(files.daemon.client().count("RulesRejected") == 0);
}

TEST_CASE("What is no regular file is refused and hangs nothing") {
    Files files;
    files.write(files.wanting(300));
    const std::string path = files.daemon.rules_path("20-odd.yaml");
    std::string reason = "not a regular file";
    SECTION("a fifo") {
        files.change([&] { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); });
    }
    SECTION("a directory") {
        files.change([&] { std::filesystem::create_directory(path); });
        reason = "Is a directory";
    }
    SECTION("a link to nowhere") {
        files.change([&] { std::filesystem::create_symlink("/nowhere/at/all", path); });
        reason = "No such file or directory";
    }
    SECTION("a link to itself") {
        files.change([&] { std::filesystem::create_symlink("20-odd.yaml", path); });
        reason = "Too many levels of symbolic links";
    }
    files.check_rejected(300, path + ": error: cannot be read: " + reason + "\n");
    files.change([&] { std::filesystem::remove(path); });
    files.check_mended();
    CHECK(files.score() == 300);
}

TEST_CASE("A file that may not be read is refused") {
    if (::geteuid() == 0) {
        WARN("skipped: root may read every file");
        return;
    }
    Files files;
    files.write(files.wanting(300));
    const std::string path = files.daemon.rules_path("20-secret.yaml");
    files.change([&] {
        files.daemon.write_rules("20-secret.yaml", "");
        std::filesystem::permissions(path, std::filesystem::perms::none);
    });
    files.check_rejected(300, path + ": error: cannot be read: Permission denied\n");
}

}  // namespace
}  // namespace oomguard::test
