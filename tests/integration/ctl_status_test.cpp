// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"

namespace oomguard::test {
namespace {

using nlohmann::json;

TEST_CASE("status tells the daemon, its rules by file, its sources and what happened, as JSON") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();

    const auto shown = Ctl(daemon).run({"status", "--json"});
    CHECK(shown.err.empty());
    REQUIRE(shown.status == 0);
    const auto status = json::parse(shown.out);
    CHECK(status["version"] == std::string(daemon.client()->Version()));
    CHECK(status["started_usec"] == daemon.client()->StartedUSec());
    CHECK(status["generation"] == 1);
    CHECK(status["dry_run"] == false);
    CHECK(status["files"] == json::array({{{"file", daemon.rules_path("10-test.yaml")},
                                           {"rules", 1},
                                           {"held", 1},
                                           {"refused", 0}}}));
    CHECK(status["held"] == 1);
    CHECK(status["drifting"] == 0);
    CHECK(status["refused"] == 0);
    CHECK(status["written"] == 1);
    CHECK(status["sources"].size() == daemon.client()->Sources().size());
    CHECK(status["degraded"].size() == daemon.client()->Degraded().size());
    REQUIRE(status["events"].size() == 1);
    CHECK(status["events"][0]["event"] == "ProcessHeld");
    CHECK(status["events"][0]["pid"] == subject.pid());
}

TEST_CASE("Without a command the status is shown, and options for all commands are taken") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const Ctl ctl(daemon);
    const auto shown = ctl.run({});
    CHECK(shown.status == 0);
    CHECK(shown.err.empty());
    CHECK(shown.out.starts_with("\u25cf oom-guardd " + daemon.client()->Version() + "\n"));
    CHECK(json::parse(ctl.run({"--json"}).out)["generation"] == 1);
}

TEST_CASE("status tells of a dry run what would be held") {
    Programs programs;
    const auto name = programs.unique_name();
    const Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.extra_arguments = {"--dry-run"};
    daemon.start();
    const Ctl ctl(daemon);
    const auto status = json::parse(ctl.run({"status", "--json"}).out);
    CHECK(status["dry_run"] == true);
    CHECK(status["held"] == 0);
    CHECK(status["would_hold"] == 1);
    CHECK(ctl.run({"status"}).out.find("   Dry run: yes, nothing is written\n") !=
          std::string::npos);
}

TEST_CASE("status without the daemon says how to start it, and exits with 3") {
    PrivateBus bus;
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{}, {"status"}, {"status", "--json"}}) {
        const auto shown = Ctl(bus.address()).run(arguments);
        CHECK(shown.out.empty());
        CHECK(shown.err ==
              "oom-guardctl: oom-guardd is not running, or has only just started; start it with: "
              "systemctl start oom-guardd\n");
        CHECK(shown.status == 3);
    }
}

TEST_CASE("rules marks those that have matched nothing, and can leave out those that hold") {
    Programs programs;
    const auto name = programs.unique_name();
    const Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-a.yaml", rule_text("keep", name, "345"));
    daemon.write_rules("20-b.yaml", rule_text("misspelt", programs.unique_name(), "-300"));
    daemon.start();
    Ctl ctl(daemon);
    const std::string a = daemon.rules_path("10-a.yaml") + ":2";
    const std::string b = daemon.rules_path("20-b.yaml") + ":2";
    for (const std::size_t columns : {std::size_t{80}, std::size_t{200}}) {
        CAPTURE(columns);
        ctl.environment.emplace_back("COLUMNS", std::to_string(columns));
        const auto cut = [&](const std::string& origin) {
            const std::size_t room = columns - 38;
            return origin.size() <= room ? origin : origin.substr(0, room - 1) + "\u2026";
        };
        CHECK(ctl.run({"rules"}).out ==
              "  RULE     VALUE HELD REFUSED MATCHES ORIGIN\n"
              "  keep     345      1       0       1 " +
                  cut(a) + "\n\u25cf misspelt -300     0       0       0 " + cut(b) +
                  "\n\n2 rules, 1 of them has matched nothing since loaded (\u25cf).\n");
    }
    CHECK(ctl.run({"rules", "--idle", "--no-legend"}).out ==
          "\u25cf misspelt -300 0 0 0 " + b + "\n");
    CHECK(json::parse(ctl.run({"rules", "--idle", "--json"}).out) ==
          json::array({{{"name", "misspelt"},
                        {"origin", b},
                        {"value", "-300"},
                        {"held", 0},
                        {"refused", 0},
                        {"matches", 0}}}));
}

}  // namespace
}  // namespace oomguard::test
