// SPDX-License-Identifier: MIT
#include <filesystem>

#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "ctl_files.hpp"
#include "rules.hpp"

namespace oomguard::test {
namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

/// A daemon's directories, and a program that runs; the daemon itself only where it is started.
struct Scene {
    Scene() { daemon.write_settings(kQuietSettings); }

    /// Of the file at this path of the tree, among the installed ones.
    [[nodiscard]] CtlRun test(Arguments more) const {
        Arguments arguments = {"test", "--config", daemon.settings_path(), "--rules",
                               daemon.rules_path()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return ctl.run(arguments);
    }

    [[nodiscard]] json tested(Arguments more) const {
        more.emplace_back("--json");
        const auto run = test(std::move(more));
        INFO(run.out << run.err);
        REQUIRE(run.status == 0);
        return json::parse(run.out);
    }

    [[nodiscard]] json row(const json& rule, const json& before, int now, int then) const {
        return {{"pid", pid},   {"start_time", start_time(pid)}, {"name", name}, {"user", "root"},
                {"rule", rule}, {"rule_before", before},         {"now", now},   {"then", then}};
    }

    std::string write(const std::string& file, const std::string& text) const {
        files.write(file, text);
        return files.path(file);
    }

    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    pid_t pid = subject.pid();
    TempTree files;
    GuardDaemon daemon;
    Ctl ctl{daemon};
};

TEST_CASE("test tells what a file would hold, and changes nothing") {
    Scene scene;
    const auto file = scene.write("10-new.yaml", rule_text("new", scene.name, "345"));
    const std::string pid = std::to_string(scene.pid);
    const auto gap = [](std::size_t width, const std::string& text) {
        return std::string(width > text.size() ? width - text.size() : 0, ' ');
    };
    for (const char* columns : {"80", "200"}) {
        scene.ctl.environment.emplace_back("COLUMNS", columns);
        const auto run = scene.test({file});
        CHECK(run.out ==
              gap(pid.size(), "PID") + "PID NAME" + gap(scene.name.size(), "NAME") +
                  " USER RULE NOW THEN CHANGE\n" + gap(3, pid) + pid + " " + scene.name +
                  gap(4, scene.name) + " root new    0  345 raised\n\nWith " + file +
                  " among the installed rules: 1 process held by it, 1 score changed.\n");
        CHECK(run.status == 0);
    }
    CHECK(read_score(scene.pid) == 0);
}

TEST_CASE("test tells which rule decided before, and what is given back") {
    Scene scene;
    scene.daemon.write_rules("10-a.yaml", rule_text("old", scene.name, "345"));
    SECTION("another rule comes first") {
        const auto file = scene.write("05-new.yaml", rule_text("new", scene.name, "unchanged"));
        const auto found = scene.tested({file});
        CHECK(found.at("processes") == json::array({scene.row(nullptr, "old", 0, 0)}));
    }
    SECTION("a file of the same name replaces the installed one") {
        const auto file = scene.write("10-a.yaml", rule_text("new", scene.name, "200"));
        const auto found = scene.tested({file});
        CHECK(found.at("processes") == json::array({scene.row("new", "old", 0, 200)}));
        CHECK(found.at("files") == json::array({file}));
        CHECK(found.at("alone") == false);
        CHECK(found.at("held") == 1);
        CHECK(found.at("changed") == 1);
    }
    SECTION("alone, the installed ones do not count") {
        const auto file = scene.write("20-b.yaml", rule_text("new", scene.name, "200"));
        CHECK(scene.tested({file}).at("processes").empty());
        const auto found = scene.tested({"--alone", file});
        CHECK(found.at("processes") == json::array({scene.row("new", nullptr, 0, 200)}));
        CHECK(found.at("alone") == true);
    }
}

TEST_CASE("test begins with what processes had before a daemon that runs held them") {
    Scene scene;
    scene.daemon.write_rules("10-a.yaml", rule_text("old", scene.name, "345"));
    scene.daemon.start();
    REQUIRE(comes_to(scene.pid, 345));
    const std::string ledger = scene.daemon.tree().read("run/ledger");
    SECTION("a limit that its own value respects") {
        const auto file = scene.write("10-a.yaml", rule_text("new", scene.name, "{at_least: -9}"));
        CHECK(scene.tested({file}).at("processes") ==
              json::array({scene.row("new", "old", 345, 0)}));
    }
    SECTION("no rule any more") {
        const auto file = scene.write("10-a.yaml", rule_text("new", "oomguard-none", "5"));
        const auto found = scene.tested({file});
        CHECK(found.at("processes") == json::array({scene.row(nullptr, "old", 345, 0)}));
    }
    CHECK(read_score(scene.pid) == 345);
    CHECK(scene.daemon.tree().read("run/ledger") == ledger);
}

TEST_CASE("test knows descendants whose forebears have ended as the daemon does") {
    Scene scene;
    const auto child = scene.programs.unique_name();
    const std::string rules =
        rule_file({rule("family", named(scene.name), "345", "children: include")});
    scene.daemon.write_rules("10-a.yaml", rules);
    scene.daemon.start();
    const pid_t pid = scene.subject.tell({"spawn", scene.programs.add(child)});
    (void)scene.daemon.client()->Rescan();
    REQUIRE(scene.daemon.client().process(pid).has_value());
    scene.subject.kill();
    const auto file = scene.write("10-a.yaml", rules);
    const auto found = scene.tested({file}).at("processes");
    REQUIRE(found.size() == 1);
    CHECK(found[0].at("pid") == pid);
    CHECK(found[0].at("rule") == "family");
    CHECK(found[0].at("then") == 345);
}

TEST_CASE("test says when the bus cannot be reached") {
    Scene scene;
    scene.ctl = lonely_ctl();
    const auto file = scene.write("10-a.yaml", rule_text("new", scene.name, "5"));
    const auto run = scene.test({file, "--no-legend"});
    const auto told = lines_with(run.err, "if oom-guardd runs");
    REQUIRE(told.size() == 1);
    CHECK(told[0].starts_with(
        "note: if oom-guardd runs, the scores that it has written count here as the processes' "
        "own: cannot reach the system bus: "));
    CHECK(run.status == 0);
}

TEST_CASE("test tells the errors of a file, and tries nothing") {
    Scene scene;
    const auto file = scene.write("10-a.yaml", "rules: 5\n");
    const auto run = scene.test({file});
    CHECK(run.out.empty());
    CHECK(run.err == file +
                         ":1:8: error: rules must be a list of rules, got \"5\"\n"
                         "    rules: 5\n"
                         "           ^\n"
                         "oom-guardctl: 1 error, with which oom-guardd would load none of these "
                         "files\n");
    CHECK(run.status == 1);
}

TEST_CASE("test by another user than root finds what can be seen") {
    if (!is_root())
        return;
    Scene scene;
    const auto file = scene.write("10-a.yaml", rule_text("new", scene.name, "5"));
    for (const auto& path : {scene.files.path(), scene.daemon.tree().path()})
        std::filesystem::permissions(path, std::filesystem::perms(0755));
    scene.ctl.prepare = become_nobody;
    const auto found = scene.tested({file});
    CHECK(found.at("processes") == json::array({scene.row("new", nullptr, 0, 5)}));
    REQUIRE(found.at("notes").size() == 1);
    CHECK(found.at("notes")[0].get<std::string>().ends_with(
        "could not be read, and rules may mean some by them: ask again as root"));
}

}  // namespace
}  // namespace oomguard::test
