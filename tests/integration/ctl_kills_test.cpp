// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"

namespace oomguard::test {
namespace {

using nlohmann::json;
using Kills = std::vector<json>;

/// 2026-11-20 07:04:27 in UTC.
constexpr std::uint64_t kWhen = 1'795'158'267'000'000;

/// A line of the daemon's record, of a process that nothing is known of but its pid.
json record(std::uint64_t when, int pid, const char* name, const char* killer, int batch) {
    return {{"time_usec", when}, {"pid", pid},    {"start_time", 0},
            {"name", name},      {"user", ""},    {"cgroup", ""},
            {"rule", ""},        {"memory", 0},   {"oom_score_adj", nullptr},
            {"killer", killer},  {"limit", ""},   {"situation", ""},
            {"why", ""},         {"batch", batch}};
}

/// Of a process that was protected.
json full_record(std::uint64_t when, int pid) {
    json kill = record(when, pid, "python3", "systemd-oomd", 8);
    kill["start_time"] = 4711;
    kill["user"] = "alice";
    kill["cgroup"] = "/user.slice/training.scope";
    kill["rule"] = "training";
    kill["memory"] = std::uint64_t{8'482'560'410};
    kill["oom_score_adj"] = -900;
    kill["limit"] = "/user.slice";
    kill["situation"] = "pressure was 83% for 20s, the limit is 60%";
    kill["why"] = "systemd-oomd does not look at oom_score_adj";
    return kill;
}

struct Recorded {
    GuardDaemon daemon;
    Ctl ctl{daemon};

    explicit Recorded(const Kills& kills) {
        std::string text;
        for (const json& kill : kills)
            text += kill.dump() + "\n";
        daemon.tree().write("state/kills", text);
        daemon.write_settings(kQuietSettings);
        daemon.start();
    }

    /// What it prints when all is well.
    [[nodiscard]] std::string told(const std::vector<std::string>& arguments) const {
        const auto ended = ctl.run(arguments);
        CHECK(ended.err.empty());
        CHECK(ended.status == 0);
        return ended.out;
    }
};

Kills some_kills() {
    json unseen = record(kWhen + 2'000'000, 0, "", "systemd-oomd", 9);
    unseen["cgroup"] = "/system.slice/batch.service";
    return {record(kWhen, 812, "cc1plus", "kernel", 7), full_record(kWhen + 1'000'000, 4711),
            full_record(kWhen + 1'000'000, 4712), unseen};
}

TEST_CASE("kills tells who was killed, by whom, those together, and why protection did not help") {
    const Recorded recorded(some_kills());
    CHECK(recorded.told({"kills"}) ==
          "TIME                BATCH  PID NAME                        USER  RULE     SCORE MEMORY "
          "KILLER       WHERE\n"
          "2026-11-20 07:04:27     1  812 cc1plus                     -     -            -      - "
          "kernel       machine\n"
          "2026-11-20 07:04:28     2 4711 python3                     alice training  -900   7.8G "
          "systemd-oomd /user.slice\n"
          "2026-11-20 07:04:28     2 4712 python3                     alice training  -900   7.8G "
          "systemd-oomd /user.slice\n"
          "2026-11-20 07:04:29     3    - /system.slice/batch.service -     -            -      - "
          "systemd-oomd -\n"
          "\n3 processes and 1 cgroup whose processes were not seen in 3 batches.\n"
          "\n  Protected: python3 (4711), python3 (4712), in vain: systemd-oomd does not look at "
          "oom_score_adj\n");
    CHECK(recorded.told({"kills", "--no-legend", "--killer", "kernel"}) ==
          "2026-11-20 07:04:27 812 cc1plus - - - - kernel machine\n");
}

TEST_CASE("kills tells how memory stood when the last one died, and fits 80 columns") {
    Recorded recorded({record(kWhen, 812, "cc1plus", "kernel", 7),
                       full_record(kWhen + 1'000'000, 4'194'303),
                       full_record(kWhen + 1'000'000, 4'194'304)});
    recorded.ctl.environment.emplace_back("COLUMNS", "80");
    CHECK(recorded.told({"kills"}) ==
          "TIME                BATCH     PID NAME   USER RULE  SCORE MEMORY KILLER   WHERE\n"
          "2026-11-20 07:04:27     1     812 cc1pl… -    -         -      - kernel   machine\n"
          "2026-11-20 07:04:28     2 4194303 pytho… ali… trai…  -900   7.8G systemd… /user.…\n"
          "2026-11-20 07:04:28     2 4194304 pytho… ali… trai…  -900   7.8G systemd… /user.…\n"
          "\n3 processes in 2 batches.\n"
          "\n     Memory: 2026-11-20 07:04:28: pressure was 83% for 20s, the limit is 60%\n"
          "  Protected: python3 (4194303), python3 (4194304), in vain: systemd-oomd does\n"
          "             not look at oom_score_adj\n");
}

TEST_CASE("kills has a dash for a name that is not known") {
    json nameless = full_record(kWhen, 812);
    nameless["name"] = "";
    CHECK(Recorded(Kills(1, nameless)).told({"kills", "--no-legend"}) ==
          "2026-11-20 07:04:27 812 - alice training -900 7.8G systemd-oomd /user.slice\n");
    nameless["situation"] = "";
    CHECK(Recorded(Kills(1, nameless)).told({"kills"}) ==
          "TIME                PID NAME USER  RULE     SCORE MEMORY KILLER       WHERE\n"
          "2026-11-20 07:04:27 812 -    alice training  -900   7.8G systemd-oomd /user.slice\n"
          "\n1 process in 1 batch.\n"
          "\n  Protected: a process (812), in vain: systemd-oomd does not look at oom_score_adj\n");
}

TEST_CASE("kills has no column of batches where nobody died together") {
    const Recorded recorded(Kills(1, record(kWhen, 812, "cc1plus", "kernel", 7)));
    CHECK(recorded.told({"kills"}) ==
          "TIME                PID NAME    USER RULE SCORE MEMORY KILLER WHERE\n"
          "2026-11-20 07:04:27 812 cc1plus -    -        -      - kernel machine\n"
          "\n1 process in 1 batch.\n");
}

TEST_CASE("kills --json tells all that is known, and null for what is not") {
    const Recorded recorded(some_kills());
    const auto kills = json::parse(recorded.told({"kills", "--json"}));
    REQUIRE(kills.size() == 4);
    CHECK(kills[0] == json{{"time_usec", kWhen},
                           {"pid", 812},
                           {"start_time", nullptr},
                           {"name", "cc1plus"},
                           {"user", nullptr},
                           {"cgroup", nullptr},
                           {"rule", nullptr},
                           {"oom_score_adj", nullptr},
                           {"killer", "kernel"},
                           {"memory", nullptr},
                           {"limit", nullptr},
                           {"situation", nullptr},
                           {"why", nullptr},
                           {"batch", 7}});
    CHECK(kills[1] == full_record(kWhen + 1'000'000, 4711));
    CHECK(kills[3]["pid"].is_null());
    CHECK(kills[3]["name"].is_null());
}

TEST_CASE("kills --killer and --since leave out the others") {
    const Recorded recorded(some_kills());
    const auto pids = [&](const std::vector<std::string>& filter) {
        std::vector<std::string> arguments = {"kills", "--json"};
        arguments.insert(arguments.end(), filter.begin(), filter.end());
        std::vector<json> found;
        for (const auto& kill : json::parse(recorded.told(arguments)))
            found.push_back(kill["pid"]);
        return found;
    };
    CHECK(pids({"--killer", "kernel"}) == std::vector<json>{812});
    CHECK(pids({"--killer", "kernel", "--killer", "systemd-oomd"}).size() == 4);
    CHECK(pids({"--killer", "earlyoom"}).empty());
    CHECK(pids({"--since", "2026-11-20 07:04:27"}).size() == 4);
    CHECK(pids({"--since", "2026-11-20 07:04:28"}).size() == 3);
    CHECK(pids({"--since", "2026-11-20 07:04:29"}) == std::vector<json>{nullptr});
    CHECK(pids({"--since=2026-11-20 07:04:28", "--killer", "kernel"}).empty());
    CHECK(pids({"--since", "-100000d"}).size() == 4);
    CHECK(pids({"--since", "0s"}).empty());
}

TEST_CASE("kills says so if nobody was killed") {
    const Recorded recorded(Kills(1, record(kWhen, 812, "cc1plus", "kernel", 7)));
    CHECK(recorded.told({"kills", "--since", "2026-11-20 07:04:28"}) ==
          "No process was killed for want of memory since Fri 2026-11-20 07:04:28 UTC.\n");
    CHECK(recorded.told({"kills", "--killer", "earlyoom", "--killer", "unknown"}) ==
          "No process was killed for want of memory by earlyoom or someone unknown.\n");
    CHECK(recorded.told({"kills", "--killer", "nohang", "--no-legend"}).empty());
    CHECK(recorded.told({"kills", "--killer", "nohang", "--json"}) == "[]\n");
    CHECK(Recorded(Kills()).told({"kills"}) == "No process was killed for want of memory.\n");
}

TEST_CASE("kills refuses a time that is none before it asks the daemon, and an unknown killer") {
    const PrivateBus bus;
    const Ctl ctl(bus.address());
    const auto wrong_time = ctl.run({"kills", "--since", "soon"});
    CHECK(wrong_time.status == 1);
    CHECK(wrong_time.out.empty());
    CHECK(wrong_time.err ==
          "oom-guardctl: 'soon' is not a time; it is such as '2026-11-22 07:04', 2026-11-22, "
          "07:04:27, today, yesterday, 2h or '3 days ago'\n");
    const auto wrong_killer = ctl.run({"kills", "--killer", "oomd"});
    CHECK(wrong_killer.status == 1);
    CHECK(wrong_killer.err ==
          "--killer: oomd not in {kernel,systemd-oomd,earlyoom,nohang,unknown}\n"
          "Run with --help for more information.\n");
    CHECK(ctl.run({"kills"}).status == 3);
}

TEST_CASE("status tells the kills of the last day with the newest one") {
    const auto now =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count());
    const Recorded recorded({record(kWhen - 86'400'000'000, 1, "old", "kernel", 1),
                             record(now - 2'000'000, 812, "cc1plus", "kernel", 2),
                             full_record(now - 1'000'000, 4711)});
    CHECK(
        recorded.told({"status"})
            .find("\n       Kills: 2 in the last day, 1 of them protected, the last 'python3' (pid "
                  "4711) "
                  "by systemd-oomd; see oom-guardctl kills\n") != std::string::npos);
    CHECK(json::parse(recorded.told({"status", "--json"}))["kills_of_last_day"] == 2);
}

}  // namespace
}  // namespace oomguard::test
