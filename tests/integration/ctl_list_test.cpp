// SPDX-License-Identifier: MIT
#include <algorithm>
#include <regex>

#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"

namespace oomguard::test {
namespace {

TEST_CASE("list tells each process that is held, with its rule, values, state and memory") {
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    subject.tell({"score", "77"});
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();

    const Ctl ctl(daemon);
    const auto listed = ctl.run({"list", "--json"});
    CHECK(listed.err.empty());
    REQUIRE(listed.status == 0);
    auto rows = nlohmann::json::parse(listed.out);
    REQUIRE(rows.size() == 1);
    rows[0].erase("memory");
    CHECK(rows[0] == nlohmann::json({{"pid", subject.pid()},
                                     {"start_time", start_time(subject.pid())},
                                     {"name", name},
                                     {"user", "root"},
                                     {"rule", "keep"},
                                     {"original", 77},
                                     {"wanted", 345},
                                     {"current", 345},
                                     {"state", "held"}}));
}

/// Three processes of two rules: `first` with the higher score of its own, `second`, and one that
/// Hold holds.
struct Held {
    Programs programs;
    std::string name = programs.unique_name();
    std::string other = programs.unique_name();
    Subject first = programs.start(name);
    Subject second = programs.start(other);
    Subject third = programs.start(programs.unique_name());
    GuardDaemon daemon;
    Ctl ctl{daemon};

    Held() {
        first.tell({"score", "77"});
        second.tell({"score", "5"});
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-a.yaml", rule_text("training", name, "345"));
        daemon.write_rules("20-b.yaml", rule_text("web", other, "200"));
        daemon.start();
        daemon.client()->Hold(static_cast<std::uint32_t>(third.pid()), 300);
    }

    [[nodiscard]] std::vector<pid_t> pids(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"list", "--json"});
        const auto run = ctl.run(arguments);
        CHECK(run.err.empty());
        REQUIRE(run.status == 0);
        std::vector<pid_t> found;
        for (const auto& row : nlohmann::json::parse(run.out))
            found.push_back(row.at("pid"));
        return found;
    }
};

using Pids = std::vector<pid_t>;

TEST_CASE("list --rule leaves out the processes of other rules, and knows those of Hold") {
    const Held held;
    const std::string pin = "hold " + std::to_string(held.third.pid());
    CHECK(held.pids({"--rule", "web"}) == Pids{held.second.pid()});
    CHECK(held.pids({"--rule", pin}) == Pids{held.third.pid()});
    CHECK(held.pids({"--rule", "web", "--rule", pin, "--sort", "wanted"}) ==
          Pids{held.second.pid(), held.third.pid()});
}

TEST_CASE("list and watch say that there is no such rule, and what may be meant") {
    const Held held;
    for (const char* command : {"list", "watch"}) {
        CAPTURE(command);
        const auto near = held.ctl.run({command, "--rule", "trainign"});
        CHECK(near.out.empty());
        CHECK(near.err ==
              "oom-guardctl: there is no rule 'trainign' (did you mean 'training'?); see: "
              "oom-guardctl rules\n");
        CHECK(near.status == 4);
        const auto far = held.ctl.run({command, "--rule", "web", "--rule", "hold x"});
        CHECK(far.err == "oom-guardctl: there is no rule 'hold x'; see: oom-guardctl rules\n");
        CHECK(far.status == 4);
    }
}

TEST_CASE("list --user and --state leave out the others") {
    const Held held;
    CHECK(held.pids({"--user", "root"}).size() == 3);
    CHECK(held.pids({"--user", "nobody"}).empty());
    CHECK(held.pids({"--user", "nobody", "--user", "root"}).size() == 3);
    CHECK(held.pids({"--state", "held"}).size() == 3);
    CHECK(held.pids({"--state", "refused", "--state", "drifting"}).empty());
}

TEST_CASE("list --sort sorts by the column") {
    const Held held;
    const pid_t first = held.first.pid();
    const pid_t second = held.second.pid();
    const pid_t third = held.third.pid();
    auto by_pid = Pids{first, second, third};
    std::sort(by_pid.begin(), by_pid.end());
    CHECK(held.pids({}) == by_pid);
    CHECK(held.pids({"--sort", "state"}) == by_pid);
    CHECK(held.pids({"--sort", "user"}) == by_pid);
    CHECK(held.pids({"--sort", "rule"}) == Pids{third, first, second});
    CHECK(held.pids({"--sort", "original"}) == Pids{third, second, first});
    CHECK(held.pids({"--sort", "wanted"}) == Pids{second, third, first});
    CHECK(held.pids({"--sort", "current"}) == Pids{second, third, first});
    CHECK(held.pids({"--sort", "name"}).front() == first);
    auto by_memory =
        nlohmann::json::parse(held.ctl.run({"list", "--json", "--sort", "memory"}).out);
    CHECK(std::is_sorted(by_memory.begin(), by_memory.end(), [](const auto& a, const auto& b) {
        return a.at("memory") > b.at("memory");
    }));
}

TEST_CASE("rescan tells how many processes were looked at") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const Ctl ctl(daemon);
    const auto told = ctl.run({"rescan"});
    CHECK(told.err.empty());
    CHECK(std::regex_match(told.out, std::regex("Looked at [1-9][0-9]* processes\\.\n")));
    CHECK(told.status == 0);
    CHECK(nlohmann::json::parse(ctl.run({"rescan", "--json"}).out).at("processes") > 1);
}

TEST_CASE("Without the daemon a command says how to start it, and exits with 3") {
    PrivateBus bus;
    const auto listed = Ctl(bus.address()).run({"list"});
    CHECK(listed.out.empty());
    CHECK(listed.err ==
          "oom-guardctl: oom-guardd is not running, or has only just started; start it with: "
          "systemctl start oom-guardd\n");
    CHECK(listed.status == 3);
}

}  // namespace
}  // namespace oomguard::test
