// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <sys/capability.h>

#include "bus.hpp"
#include "support/catch.hpp"
#include "sys/capability.hpp"

// ListEvents: what has happened, whether anybody was told or not.
namespace oomguard::test {
namespace {

struct Event {
    std::string signal;
    std::uint32_t pid = 0;
    std::uint64_t start_time = 0;
    std::string name;
    std::string rule;
    int before = 0;
    int after = 0;
    std::string detail;

    friend bool operator==(const Event&, const Event&) = default;
};

/// For Catch.
std::ostream& operator<<(std::ostream& stream, const Event& event) {
    return stream << event.signal << " " << event.pid << " " << event.start_time << " "
                  << event.name << " " << event.rule << " " << event.before << " " << event.after
                  << " " << event.detail;
}

/// Without their times, which must not go back.
std::vector<Event> events(ManagerClient& client) {
    std::vector<Event> events;
    std::uint64_t before = client->StartedUSec();
    for (const auto& row : client->ListEvents()) {
        CHECK(row.get<0>() >= before);
        before = row.get<0>();
        events.push_back({row.get<1>(), row.get<2>(), row.get<3>(), row.get<4>(), row.get<5>(),
                          row.get<6>(), row.get<7>(), row.get<8>()});
    }
    return events;
}

/// A daemon that holds one process.
struct Holding {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    int original = *read_score(subject.pid());
    std::uint64_t start = start_time(subject.pid());
    GuardDaemon daemon;

    explicit Holding(const std::string& value = "345") {
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml", rule_text("keep", name, value));
        daemon.start();
    }
    ManagerClient& client() { return daemon.client(); }
    [[nodiscard]] Event about_subject(const std::string& signal, int before, int after,
                                      const std::string& detail) const {
        return {
            signal, static_cast<std::uint32_t>(subject.pid()), start, name, "keep", before, after,
            detail};
    }
};

Event about_rules(const std::string& signal, int after, const std::string& detail) {
    return {signal, 0, 0, "", "", 0, after, detail};
}

}  // namespace

TEST_CASE("what has happened is listed in its order, each with a value before and one after") {
    Holding t;
    std::vector<Event> expected = {t.about_subject("ProcessHeld", t.original, 345, "")};
    CHECK(events(t.client()) == expected);

    REQUIRE(write_score(t.subject.pid(), 500));
    (void)t.client()->Rescan();
    expected.push_back(t.about_subject("ScoreDrifted", 500, 345, "repaired"));
    CHECK(events(t.client()) == expected);

    t.daemon.write_rules("10-test.yaml", "rules: nonsense\n");
    CHECK_FALSE(failure_of([&] { return t.client()->Reload(); }).empty());
    expected.push_back(about_rules("RulesRejected", 0, "1"));
    CHECK(events(t.client()) == expected);

    t.daemon.write_rules("10-test.yaml", "rules: []\n");
    CHECK(t.client()->Reload() == 2);
    expected.push_back(t.about_subject("ProcessReleased", 345, t.original, "unmatched"));
    expected.push_back(about_rules("RulesReloaded", 0, "2"));
    CHECK(events(t.client()) == expected);

    t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "400"));
    CHECK(t.client()->Reload() == 3);
    expected.push_back(t.about_subject("ProcessHeld", t.original, 400, ""));
    expected.push_back(about_rules("RulesReloaded", 1, "3"));
    const Event gone = t.about_subject("ProcessReleased", 400, 400, "gone");
    t.subject.kill();
    (void)t.client()->Rescan();
    expected.push_back(gone);
    CHECK(events(t.client()) == expected);
}

TEST_CASE("a refused write is listed with its error") {
    if (sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: nothing is refused to a daemon with CAP_SYS_RESOURCE");
        return;
    }
    Holding t("-500");
    const std::string pid = std::to_string(t.subject.pid());
    CHECK(events(t.client()) ==
          std::vector{t.about_subject("WriteRefused", t.original, -500,
                                      "write /proc/" + pid + "/oom_score_adj: Permission denied")});
}

TEST_CASE("what happens without a bus is listed when there is one") {
    Holding t;
    t.daemon.bus().stop();
    CHECK(t.daemon.wait_for_status("no connection to the bus"));
    const auto loads = t.daemon.loads();
    t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "400"));
    t.daemon.send_signal(SIGHUP);
    CHECK(t.daemon.wait_for_load(loads));
    t.daemon.bus().start();
    REQUIRE(eventually([&] {
        try {
            t.daemon.connect();
            return t.client()->Generation() == 2;
        } catch (const sdbus::Error&) {
            return false;
        }
    }));
    CHECK(events(t.client()) == std::vector{t.about_subject("ProcessHeld", t.original, 345, ""),
                                            t.about_subject("ProcessHeld", t.original, 400, ""),
                                            about_rules("RulesReloaded", 1, "2")});
}

TEST_CASE(
    "the latest 64 events are listed, however many there were, and the signals left out too") {
    Holding t;
    constexpr unsigned kChildren = 600;
    for (unsigned child = 0; child < kChildren; ++child)
        t.subject.tell({"fork"});
    t.daemon.write_rules("10-test.yaml", rule_text("keep", t.name, "400"));
    CHECK(t.client()->Reload() == 2);
    CHECK(t.client()->HeldCount() == kChildren + 1);
    const auto all = events(t.client());
    REQUIRE(all.size() == 64);
    CHECK(all.back() == about_rules("RulesReloaded", 1, "2"));
    for (std::size_t index = 0; index + 1 < all.size(); ++index) {
        CHECK(all[index].signal == "ProcessHeld");
        CHECK(all[index].after == 400);
    }
}

}  // namespace oomguard::test
