// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "support/eventually.hpp"

// What programs are told is what the man page says.
namespace oomguard::test {
namespace {

using nlohmann::json;
using Keys = std::set<std::string>;

Keys keys_of_man_page(const std::string& command) {
    std::ifstream stream(CTL_MAN_PAGE, std::ios::binary);
    const std::string page{std::istreambuf_iterator<char>(stream), {}};
    const auto section = page.substr(page.find("\n.SH JSON OUTPUT"));
    std::smatch entry;
    const std::regex heading("\n\\.TP\n\\.BR? (?:[a-z]+ \", \" )?" + command +
                             "(?: \", \" [a-z]+)?\n");
    if (!std::regex_search(section, entry, heading))
        return {};
    const std::string rest = entry.suffix();
    const std::string text = rest.substr(0, std::min(rest.find("\n.TP"), rest.find("\n.SH")));
    const std::regex key("\\\\fB([a-z_-]+)\\\\fR");
    Keys keys;
    for (std::sregex_iterator at(text.begin(), text.end(), key), end; at != end; ++at)
        keys.insert((*at)[1]);
    return keys;
}

void add_keys(Keys& keys, const json& value) {
    if (value.is_object())
        for (const auto& [key, below] : value.items())
            keys.insert(key);
    if (value.is_structured())
        for (const json& below : value)
            add_keys(keys, below);
}

bool has_empty_text(const json& value) {
    if (value.is_structured())
        return std::any_of(value.begin(), value.end(), has_empty_text);
    return value == "";
}

/// One value, or one on each line.
void check_output(const std::string& command, const std::string& output) {
    CAPTURE(command, output);
    Keys keys;
    std::istringstream stream(output);
    while (stream >> std::ws && !stream.eof()) {
        json value;
        stream >> value;
        add_keys(keys, value);
        CHECK_FALSE(has_empty_text(value));
    }
    CHECK(keys == keys_of_man_page(command));
}

/// A line of the daemon's record, in which nothing is known that need not be.
constexpr const char* kKill =
    R"({"time_usec":1,"pid":0,"start_time":0,"name":"","user":"","cgroup":"","rule":"",)"
    R"("oom_score_adj":null,"killer":"kernel","memory":0,"limit":"","situation":"","why":"",)"
    R"("batch":1})"
    "\n";

struct Told {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    Subject other = programs.start(programs.unique_name());
    std::string pid = std::to_string(other.pid());
    GuardDaemon daemon;
    Ctl ctl{daemon};

    Told() {
        daemon.tree().write("state/kills", kKill);
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
        daemon.start();
    }

    void check_keys(std::vector<std::string> arguments) const {
        const std::string command = arguments.front();
        arguments.emplace_back("--json");
        const auto ended = ctl.run(arguments);
        CHECK(ended.err.empty());
        check_output(command, ended.out);
    }
};

TEST_CASE("the keys of JSON are those of the man page, and absent values are null") {
    const Told told;
    const std::string file = told.daemon.rules_path("10-test.yaml");
    const std::string settings = told.daemon.settings_path();
    // Begun with, so that there are events.
    told.check_keys({"hold", told.pid, "300"});
    told.check_keys({"release", told.pid});
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"status"},
          {"list"},
          {"rules"},
          {"explain", told.pid},
          {"rank"},
          {"kills"},
          {"test", file, "--alone", "--config", settings},
          {"reload"},
          {"rescan"}})
        told.check_keys(arguments);
}

TEST_CASE("the keys of check are those of the man page") {
    Told told;
    told.daemon.write_rules("20-twin.yaml",
                            rule_text("twin", told.programs.path("none"), "345") + "  - oops\n");
    const auto checked =
        told.ctl.run({"check", "--no-processes", "--config", told.daemon.settings_path(),
                      told.daemon.rules_path("20-twin.yaml"), "--json"});
    check_output("check", checked.out);
}

TEST_CASE(
    "the keys of watch are those of the man page, and what was before a release is not told") {
    Told told;
    CtlInBackground watch(told.ctl, {"watch", "--json"});
    const auto pid = static_cast<std::uint32_t>(told.other.pid());
    const auto has = [&](const char* event) {
        return watch.out().find(event) != std::string::npos;
    };
    // Nothing tells when it has subscribed.
    REQUIRE(eventually([&] {
        told.daemon.client()->Hold(pid, 300);
        told.daemon.client()->Release(pid);
        (void)told.daemon.client()->Reload();
        return has("ProcessReleased") && has("RulesReloaded");
    }));
    ::kill(watch.process().pid(), SIGINT);
    const auto ended = watch.wait();
    check_output("watch", ended.out);
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) {
        const auto event = json::parse(line);
        if (event["event"] == "ProcessReleased")
            CHECK(event["before"].is_null());
    }
}

}  // namespace
}  // namespace oomguard::test
