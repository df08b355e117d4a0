// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <regex>

#include <nlohmann/json.hpp>

#include "bus.hpp"
#include "ctl_files.hpp"
#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/ctl.hpp"

namespace oomguard::test {
namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

std::string right(std::size_t width, const std::string& text) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string left(std::size_t width, const std::string& text) {
    return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

constexpr const char* kRule = "training-runs-of-the-whole-group-and-of-everyone";

/// Two processes in a cgroup of the test's own, of which a rule holds the first.
struct RankTest {
    Programs programs;
    std::string name = programs.unique_name();
    std::string other_name = programs.unique_name();
    Subject subject = programs.start(name);
    Subject other = programs.start(other_name);
    TempTree files;
    GuardDaemon daemon;
    Ctl ctl{daemon};
    std::string why_not;
    // Removed before the processes have ended otherwise.
    std::optional<TestCgroup> cgroup = TestCgroup::create(why_not);
    std::string path;

    RankTest() {
        subject.tell({"score", "77"});
        other.tell({"score", "500"});
        if (!cgroup)
            return;
        path = cgroup->path().substr(sys::find_cgroup_mount()->size());
        cgroup->make_around(subject.pid(), "one");
        cgroup->make_around(other.pid(), "two");
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-a.yaml", rule_text(kRule, name, "900"));
        daemon.start();
    }
    RankTest(const RankTest&) = delete;
    RankTest& operator=(const RankTest&) = delete;
    ~RankTest() {
        subject.kill();
        other.kill();
    }

    [[nodiscard]] bool is_possible() const {
        if (!cgroup)
            WARN("skipped: " << why_not);
        return cgroup.has_value();
    }

    [[nodiscard]] CtlRun rank(Arguments more) const {
        more.insert(more.begin(), {"rank", "--cgroup", path});
        return ctl.run(more);
    }

    [[nodiscard]] json ranked(Arguments more = {}) const {
        more.emplace_back("--json");
        const auto run = rank(std::move(more));
        INFO(run.err);
        REQUIRE(run.status == 0);
        return json::parse(run.out);
    }

    /// The arguments for this rule file beside the daemon's.
    [[nodiscard]] Arguments with(const std::string& text) const {
        files.write("10-a.yaml", text);
        return {"--if",    files.path("10-a.yaml"), "--config", daemon.settings_path(),
                "--rules", daemon.rules_path()};
    }
};

/// The table that there must be on a terminal of so many columns; what the processes use as M.
std::string table(const RankTest& test, std::size_t columns) {
    const json rows = test.ranked();
    REQUIRE(rows.size() == 2);
    const auto points = [&](std::size_t index) { return rows[index].at("points").dump(); };
    const auto width = [](std::string heading, const std::string& a, const std::string& b) {
        return std::max({heading.size(), a.size(), b.size()});
    };
    const std::string pid = std::to_string(test.subject.pid());
    const std::string other_pid = std::to_string(test.other.pid());
    const std::size_t pid_width = width("PID", pid, other_pid);
    const std::size_t name_width = width("NAME", test.name, test.other_name);
    const std::size_t points_width = width("POINTS", points(0), points(1));
    // All but the rule's column: place, user, memory, score, what is without rules, and gaps.
    const std::size_t rest = 5 + 4 + 6 + 5 + 13 + 8 + pid_width + name_width + points_width;
    std::string rule = kRule;
    const std::size_t rule_width = std::min(rule.size(), columns - rest);
    if (rule_width < rule.size())
        rule = rule.substr(0, rule_width - 1) + "\u2026";
    const auto line = [&](const std::string& place, const std::string& of, const std::string& name,
                          const std::string& user, const std::string& its_rule,
                          const std::string& memory, const std::string& score,
                          const std::string& its_points, const std::string& without) {
        return right(5, place) + " " + right(pid_width, of) + " " + left(name_width, name) + " " +
               user + " " + left(rule_width, its_rule) + " " + right(6, memory) + " " +
               right(5, score) + " " + right(points_width, its_points) + " " + right(13, without) +
               "\n";
    };
    return line("PLACE", "PID", "NAME", "USER", "RULE", "MEMORY", "SCORE", "POINTS",
                "WITHOUT RULES") +
           line("1", pid, test.name, "root", rule, "M", "900", points(0), "2 (77)") +
           line("2", other_pid, test.other_name, "root", "-", "M", "500", points(1), "1 (500)") +
           "\n2 processes can be killed, none never.\n";
}

TEST_CASE("rank tells each process with its place, and the one that it has without the rules") {
    RankTest test;
    if (!test.is_possible())
        return;
    for (const std::size_t columns : {std::size_t{80}, std::size_t{200}}) {
        CAPTURE(columns);
        test.ctl.environment.emplace_back("COLUMNS", std::to_string(columns));
        const auto shown = test.rank({});
        CHECK(shown.err.empty());
        CHECK(std::regex_replace(shown.out, std::regex("[ 0-9.]{5}[KMG] "), "     M ") ==
              table(test, columns));
        CHECK(shown.status == 0);
    }
}

TEST_CASE("rank --json tells programs the same") {
    const RankTest test;
    if (!test.is_possible())
        return;
    auto rows = test.ranked();
    REQUIRE(rows.size() == 2);
    for (auto& row : rows) {
        CHECK(row.at("points") > row.at("oom_score_adj"));
        CHECK(row.at("points_without_rules") > row.at("oom_score_adj_without_rules"));
        CHECK(row.at("memory") > 0);
        for (const char* key : {"points", "points_without_rules", "memory"})
            row.erase(key);
    }
    const auto row = [&](int place, const Subject& subject, const std::string& name,
                         const std::string& cgroup, const json& rule, int score, int place_without,
                         int score_without) {
        return json({{"place", place},
                     {"pid", subject.pid()},
                     {"start_time", start_time(subject.pid())},
                     {"name", name},
                     {"user", "root"},
                     {"cgroup", test.path + cgroup},
                     {"rule", rule},
                     {"oom_score_adj", score},
                     {"place_without_rules", place_without},
                     {"oom_score_adj_without_rules", score_without},
                     {"dies_with_it", nullptr}});
    };
    CHECK(rows == json::array({row(1, test.subject, test.name, "/one", kRule, 900, 2, 77),
                               row(2, test.other, test.other_name, "/two", nullptr, 500, 1, 500)}));
}

TEST_CASE("rank --if tells the order under a file that is not installed, and changes nothing") {
    const RankTest test;
    if (!test.is_possible())
        return;
    const auto rows = test.ranked(test.with(rule_text("web", test.name, "{at_least: 300}")));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].at("pid") == test.other.pid());
    CHECK(rows[1].at("pid") == test.subject.pid());
    CHECK(rows[1].at("rule") == "web");
    CHECK(rows[1].at("oom_score_adj") == 300);
    CHECK(rows[1].at("oom_score_adj_without_rules") == 77);
    CHECK(read_score(test.subject.pid()) == 900);
}

TEST_CASE("rank says in the same words with and without --if that there is no such cgroup") {
    const RankTest test;
    if (!test.is_possible())
        return;
    const auto mount = *sys::find_cgroup_mount();
    const std::string none =
        "there is none in the tree at " + mount + "; systemd-cgls shows those there are";
    for (const auto& [cgroup, why] : std::vector<std::pair<std::string, std::string>>{
             {"/no/such", none},
             {"/cgroup.procs", none},
             {"/" + std::string(300, 'x'), none},
             {mount + "/x", "a path in the tree is meant, /x"},
             {"x", "its path begins with \"/\""}}) {
        CAPTURE(cgroup);
        for (Arguments more : {Arguments{}, test.with(rule_text("web", test.name, "300"))}) {
            more.insert(more.begin(), {"rank", "--cgroup", cgroup});
            const auto refused = test.ctl.run(more);
            CHECK(refused.out.empty());
            // Beside notes on what cannot be read of other processes.
            CHECK(lines_with(refused.err, "oom-guardctl: ") ==
                  std::vector<std::string>{"oom-guardctl: no cgroup " + cgroup + ": " + why});
            CHECK(refused.status == 4);
        }
    }
}

TEST_CASE("rank refuses rule files to look for without one to try") {
    for (const std::string option : {"--config", "--rules"}) {
        const auto refused = lonely_ctl().run({"rank", option, "x"});
        CHECK(refused.out.empty());
        CHECK(refused.err == option + " requires --if\nRun with --help for more information.\n");
        CHECK(refused.status == 1);
    }
}

}  // namespace
}  // namespace oomguard::test
