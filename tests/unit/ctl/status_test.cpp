// SPDX-License-Identifier: MIT
#include "ctl/status.hpp"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>

#include "locale.hpp"
#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kNow = 1'795'285'805 * kSecond;

DaemonState busy_daemon() {
    DaemonState daemon;
    daemon.version = "1.2.3";
    daemon.started = kNow - 7'500 * kSecond;
    daemon.generation = 3;
    daemon.rules = 4;
    daemon.processes = 321;
    daemon.sources = {
        {"proc connector", true, ""},
        {"inotify", true, "the limit of watches is reached; raise fs.inotify.max_user_watches"},
        {"exec doorbell", false, "not needed while the proc connector works"}};
    daemon.degraded = {
        "source inotify works in part: the limit of watches is reached; raise "
        "fs.inotify.max_user_watches",
        "1 process could not be set; see ListProcesses and the log"};
    daemon.written = 17;
    daemon.drifts_repaired = 2;
    daemon.writes_refused = 1;
    daemon.overruns = 1;
    daemon.sweeps = 750;
    daemon.last_sweep = kNow - 3 * kSecond;
    return daemon;
}

const std::vector<RuleRow> kRules = {
    {"training", "/etc/oom-guardd/rules.d/10-training.yaml:2", "-900", 1, 0, 5},
    {"builds", "/etc/oom-guardd/rules.d/10-training.yaml:9", "500", 1, 1, 99},
    {"desktop", "/usr/lib/oom-guardd/rules.d/60-desktop.yaml:4", "-300", 0, 0, 0},
    {"ssh", "/usr/lib/oom-guardd/rules.d/50-services.yaml:1", "-900", 0, 0, 1}};

ProcessRow process(std::uint32_t pid, const char* rule, const char* state) {
    return {.pid = pid,
            .start_time = 1,
            .name = "program",
            .user = "root",
            .rule = rule,
            .original = 0,
            .wanted = 500,
            .current = 500,
            .state = state};
}

KillRow kill(std::uint64_t when, const char* killer, const char* why) {
    KillRow row;
    row.when = when;
    row.pid = 4711;
    row.name = "python3";
    row.killer = killer;
    row.why = why;
    return row;
}

Status busy_status() {
    return status_of(
        busy_daemon(), kRules,
        {process(12, "training", "held"), process(13, "builds", "drifting"),
         process(14, "builds", "refused"), process(15, "hold 15", "held")},
        recent_kills({kill(kNow - 90'000 * kSecond, "kernel", ""),
                      kill(kNow - 80'000 * kSecond, "kernel", ""),
                      kill(kNow - 60 * kSecond, "systemd-oomd", "")},
                     kNow),
        {{.when = kNow - 7'400 * kSecond, .kind = "RulesReloaded", .after = 4, .detail = "3"},
         {.when = kNow - 90 * kSecond,
          .kind = "ProcessHeld",
          .pid = 12,
          .name = "python3",
          .rule = "training",
          .before = 0,
          .after = -900},
         {.when = kNow - 5 * kSecond,
          .kind = "ScoreDrifted",
          .pid = 13,
          .name = "cc1plus",
          .rule = "builds",
          .before = 0,
          .after = 500,
          .detail = "left"},
         {.when = kNow,
          .kind = "WriteRefused",
          .pid = 14,
          .name = "cc1plus",
          .rule = "builds",
          .before = 0,
          .after = 500,
          .detail = "Operation not permitted"}});
}

Status quiet_status() {
    DaemonState daemon;
    daemon.version = "1.2.3";
    daemon.generation = 1;
    daemon.sources = {{"proc connector", true, ""}};
    return status_of(daemon, {}, {}, {}, {});
}

std::string golden(const char* name) {
    std::ifstream file(std::string(OOMGUARD_TEST_DATA) + "/ctl/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

Terminal of_width(std::size_t columns) {
    (void)::setenv("TZ", "UTC", 1);
    ::tzset();
    Terminal terminal;
    terminal.width = columns;
    return terminal;
}

TEST_CASE("the status of a busy daemon, on a terminal of 80 and of 200 columns") {
    const InLocale utf8("C.UTF-8");
    CHECK(status_text(busy_status(), of_width(80), kNow) == golden("status-80.txt"));
    CHECK(status_text(busy_status(), of_width(200), kNow) == golden("status-200.txt"));
}

TEST_CASE("the status fits the narrowest terminals as well as it can") {
    const InLocale utf8("C.UTF-8");
    CHECK(status_text(busy_status(), of_width(20), kNow) ==
          status_text(busy_status(), of_width(1), kNow));
}

TEST_CASE("the status of a daemon that has nothing to do has no empty parts") {
    const InLocale utf8("C.UTF-8");
    CHECK(status_text(quiet_status(), of_width(80), kNow) ==
          "\u25cf oom-guardd 1.2.3\n"
          "     Rules: 0 in force, generation 1\n"
          "   Holding: 0 of 0 processes, 0 drifting, 0 refused\n"
          "   Sources: proc connector: works\n"
          "  Counters: 0 written, 0 repaired, 0 refused, 0 overruns, 0 sweeps\n");
}

TEST_CASE("a dry run is told, and what would be held but for it") {
    const InLocale utf8("C.UTF-8");
    DaemonState daemon = quiet_status().daemon;
    daemon.dry_run = true;
    daemon.processes = 5;
    const Status status = status_of(daemon, {}, {process(12, "", "dry-run")}, {}, {});
    CHECK(status_text(status, of_width(80), kNow) ==
          "\u25cf oom-guardd 1.2.3\n"
          "   Dry run: yes, nothing is written\n"
          "     Rules: 0 in force, generation 1\n"
          "   Holding: 0 of 5 processes, 1 more but for the dry run, 0 drifting, 0 refused\n"
          "   Sources: proc connector: works\n"
          "  Counters: 0 written, 0 repaired, 0 refused, 0 overruns, 0 sweeps\n");
}

std::string kills_line(const std::vector<KillRow>& kills) {
    Status status = quiet_status();
    status.kills = recent_kills(kills, kNow);
    const std::string text = status_text(status, Terminal{}, kNow);
    const std::size_t start = text.find("     Kills: ");
    return start == std::string::npos ? "" : text.substr(start, text.find('\n', start) - start);
}

TEST_CASE("the kills of the last day are told in a line, with the newest one") {
    constexpr std::uint64_t kDay = 86'400 * kSecond;
    CHECK(kills_line({}).empty());
    CHECK(kills_line({kill(kNow - kDay - 1, "kernel", "")}).empty());
    CHECK(kills_line({kill(kNow - kDay - 1, "kernel", ""), kill(kNow - kDay, "kernel", "")}) ==
          "     Kills: 1 in the last day, the last 'python3' (pid 4711) by the kernel; see "
          "oom-guardctl kills");
    CHECK(
        kills_line({kill(kNow - 2, "kernel", "it was too large"), kill(kNow - 1, "nohang", "")}) ==
        "     Kills: 2 in the last day, 1 of them protected, the last 'python3' (pid 4711) by "
        "nohang; see oom-guardctl kills");
    KillRow unseen = kill(kNow, "systemd-oomd", "");
    unseen.pid = 0;
    unseen.cgroup = "/user.slice";
    CHECK(kills_line({unseen}) ==
          "     Kills: 1 in the last day, the last cgroup /user.slice by systemd-oomd; see "
          "oom-guardctl kills");
}

/// The escapes before the dot.
std::string look_of_dot(const Status& status) {
    Terminal terminal;
    terminal.has_colour = true;
    terminal.is_utf8 = false;
    const std::string text = status_text(status, terminal, kNow);
    return text.substr(0, text.find('*'));
}

TEST_CASE("the dot is green where all is well, yellow where not, red where a promise is broken") {
    const InLocale utf8("C.UTF-8");
    CHECK(look_of_dot(quiet_status()) == "\x1b[32m");
    Status status = quiet_status();
    status.daemon.degraded = {"something"};
    CHECK(look_of_dot(status) == "\x1b[33m");
    status = quiet_status();
    status.daemon.dry_run = true;
    CHECK(look_of_dot(status) == "\x1b[33m");
    status = quiet_status();
    status.drifting = 1;
    CHECK(look_of_dot(status) == "\x1b[33m");
    status.refused = 1;
    CHECK(look_of_dot(status) == "\x1b[1m\x1b[31m");
    status = quiet_status();
    status.daemon.sources[0].works = false;
    CHECK(look_of_dot(status) == "\x1b[1m\x1b[31m");
}

TEST_CASE("of many events the latest ten are shown") {
    std::vector<Event> events;
    for (std::uint32_t pid = 1; pid <= 12; ++pid)
        events.push_back({.kind = "ProcessHeld", .pid = pid});
    const Status status = status_of({}, {}, {}, {}, events);
    REQUIRE(status.events.size() == 10);
    CHECK(status.events.front().pid == 3);
    CHECK(status.events.back().pid == 12);
}

TEST_CASE("programs are told the same, in numbers") {
    const auto json = status_json(busy_status());
    CHECK(json["held"] == 2);
    CHECK(json["drifting"] == 1);
    CHECK(json["refused"] == 1);
    CHECK(json["kills_of_last_day"] == 2);
    CHECK(json["started_usec"] == kNow - 7'500 * kSecond);
    CHECK(
        json["files"].dump() ==
        R"([{"file":"/etc/oom-guardd/rules.d/10-training.yaml","rules":2,"held":2,"refused":1},)"
        R"({"file":"/usr/lib/oom-guardd/rules.d/60-desktop.yaml","rules":1,"held":0,"refused":0},)"
        R"({"file":"/usr/lib/oom-guardd/rules.d/50-services.yaml","rules":1,"held":0,"refused":0}])");
    CHECK(json["sources"][0].dump() == R"({"name":"proc connector","works":true,"reason":null})");
    CHECK(json["degraded"].size() == 2);
    CHECK(json["events"].size() == 4);
}

}  // namespace
}  // namespace oomguard::ctl
