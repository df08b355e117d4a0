// SPDX-License-Identifier: MIT
#include <regex>
#include <sstream>

#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "support/eventually.hpp"

namespace oomguard::test {
namespace {

/// Nothing tells when a client has subscribed: loads the rules until it has heard of it.
bool is_heard(GuardDaemon& daemon, const CtlInBackground& watch) {
    return eventually([&] {
        (void)daemon.client()->Reload();
        return !watch.out().empty();
    });
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

bool has_line(const CtlInBackground& watch, const std::string& end) {
    return eventually([&] { return watch.out().find(end + "\n") != std::string::npos; });
}

TEST_CASE("watch tells each event on a line behind its time, until it is interrupted") {
    Programs programs;
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    CtlInBackground watch(Ctl(daemon), {"watch"});
    REQUIRE(is_heard(daemon, watch));
    Subject subject = programs.start(programs.unique_name());
    subject.tell({"score", "77"});
    const auto pid = static_cast<std::uint32_t>(subject.pid());
    daemon.client()->Hold(pid, 300);
    const std::string rule = "'hold " + std::to_string(pid) + "'";
    CHECK(has_line(watch, " (" + std::to_string(pid) + ") at 300 by " + rule + ", was 77"));
    ::kill(watch.process().pid(), SIGINT);
    const auto ended = watch.wait();
    CHECK(ended.status == 0);
    CHECK(ended.err.empty());
    const std::regex line("[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} [^ ].*");
    for (const auto& text : lines_of(ended.out)) {
        CAPTURE(text);
        CHECK(std::regex_match(text, line));
    }
    CHECK(lines_of(ended.out)[0].substr(13).starts_with("rules loaded, generation "));
}

TEST_CASE("watch --json tells each event by one object on a line") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    CtlInBackground watch(Ctl(daemon), {"watch", "--json"});
    REQUIRE(is_heard(daemon, watch));
    ::kill(watch.process().pid(), SIGINT);
    const auto ended = watch.wait();
    CHECK(ended.status == 0);
    for (const auto& text : lines_of(ended.out)) {
        const auto event = nlohmann::json::parse(text);
        CHECK(event["event"] == "RulesReloaded");
        CHECK(event["rules"] == 0);
        CHECK(event["time_usec"] > daemon.client()->StartedUSec());
    }
}

TEST_CASE("watch --pid and --rule tell of nothing else") {
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    Subject other = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const std::string pid = std::to_string(subject.pid());
    for (const std::vector<std::string>& filter :
         {std::vector<std::string>{"--pid", pid}, {"--rule", "hold " + pid}}) {
        std::vector<std::string> arguments = {"watch", "--json"};
        arguments.insert(arguments.end(), filter.begin(), filter.end());
        CtlInBackground watch(Ctl(daemon), arguments);
        REQUIRE(eventually([&] {
            for (Subject* each : {&other, &subject}) {
                const auto bus_pid = static_cast<std::uint32_t>(each->pid());
                daemon.client()->Hold(bus_pid, 300);
                daemon.client()->Release(bus_pid);
            }
            return !watch.out().empty();
        }));
        ::kill(watch.process().pid(), SIGINT);
        for (const auto& text : lines_of(watch.wait().out))
            CHECK(nlohmann::json::parse(text)["pid"] == subject.pid());
    }
}

TEST_CASE("watch ends with 3 when the daemon is killed") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    CtlInBackground watch(Ctl(daemon), {"watch"});
    REQUIRE(is_heard(daemon, watch));
    daemon.kill9();
    const auto ended = watch.wait();
    CHECK(ended.status == 3);
    CHECK(ended.err ==
          "oom-guardctl: oom-guardd has gone away; see: systemctl status oom-guardd\n");
}

TEST_CASE("watch ends quietly when nobody reads it any more, even if nothing happens") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    Pipe out = make_pipe();
    Child watch = Ctl(daemon).start({"watch"}, {{out.write_end.get(), STDOUT_FILENO}});
    out = {};
    CHECK(watch.wait() == 0);
}

}  // namespace
}  // namespace oomguard::test
