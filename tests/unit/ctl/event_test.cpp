// SPDX-License-Identifier: MIT
#include "ctl/bus/event.hpp"

#include "ctl/bus/rows.hpp"
#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

Event kill(const std::string& rule, std::int32_t score, const std::string& killer) {
    return {.when = 1'795'331'067'000'000,
            .kind = "ProcessKilled",
            .pid = 4711,
            .start_time = 99,
            .name = "python3",
            .rule = rule,
            .before = score,
            .after = score,
            .detail = killer};
}

Event kill_of_cgroup(const std::string& name) {
    Event event = kill("", KillRow::kNoScore, "systemd-oomd");
    event.pid = 0;
    event.start_time = 0;
    event.name = name;
    return event;
}

TEST_CASE("of a kill it is told who died, by whom, at which score and in spite of which rule") {
    CHECK(event_text(kill("", 0, "kernel")) == "python3 (4711) was killed by the kernel at 0");
    CHECK(event_text(kill("training", -1000, "systemd-oomd")) ==
          "python3 (4711) was killed by systemd-oomd at -1000, of rule 'training'");
    CHECK(event_text(kill("training", KillRow::kNoScore, "unknown")) ==
          "python3 (4711) was killed by someone unknown, of rule 'training'");
}

TEST_CASE("of a cgroup that was killed before its processes were seen that is told") {
    CHECK(event_text(kill_of_cgroup("/system.slice/db.service")) ==
          "/system.slice/db.service was killed by systemd-oomd; its processes were not seen");
    CHECK(event_text(kill_of_cgroup("")) ==
          "a cgroup was killed by systemd-oomd; its processes were not seen");
}

TEST_CASE("a kill is bad news if a rule meant the process, and did not give it up for others") {
    CHECK(is_bad_news(kill("training", -900, "kernel")));
    CHECK(is_bad_news(kill("training", 0, "systemd-oomd")));
    CHECK(is_bad_news(kill("training", KillRow::kNoScore, "systemd-oomd")));
    CHECK_FALSE(is_bad_news(kill("builds", 500, "kernel")));
    CHECK_FALSE(is_bad_news(kill("", 0, "kernel")));
    CHECK_FALSE(is_bad_news(kill("", -900, "kernel")));
}

TEST_CASE("programs are told of a kill with the same keys, null where nothing is known") {
    CHECK(event_json(kill("training", -900, "kernel")).dump() ==
          R"({"time_usec":1795331067000000,"event":"ProcessKilled","pid":4711,"start_time":99,)"
          R"("name":"python3","rule":"training","before":-900,"after":-900,"detail":"kernel"})");
    CHECK(event_json(kill_of_cgroup("")).dump() ==
          R"({"time_usec":1795331067000000,"event":"ProcessKilled","pid":null,"start_time":null,)"
          R"("name":null,"rule":null,"before":null,"after":null,"detail":"systemd-oomd"})");
}

}  // namespace
}  // namespace oomguard::ctl
