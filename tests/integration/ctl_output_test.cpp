// SPDX-License-Identifier: MIT
#include <algorithm>
#include <sstream>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"

// How tables look, and what becomes of them where they cannot.
namespace oomguard::test {
namespace {

/// Two held processes with names that are the same in every run. Pids are not: what is compared
/// begins behind their column.
struct TableTest {
    Programs programs;
    std::string program = programs.unique_name();
    Subject training = programs.start(program);
    Subject other = programs.start(programs.unique_name());
    GuardDaemon daemon;
    Ctl ctl{daemon};
    std::size_t pid_width = 3;

    TableTest() {
        training.tell({"score", "77"});
        other.tell({"score", "77"});
        training.tell({"rename", "train-\u6f22\u5b57"});
        other.tell({"rename", "other"});
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml",
                           rule_text("training-runs-of-the-whole-group", program, "345"));
        daemon.start();
        const auto pid = static_cast<std::uint32_t>(other.pid());
        daemon.client()->Hold(pid, 1000);
        const pid_t longest = std::max(training.pid(), other.pid());
        pid_width = std::max(pid_width, std::to_string(longest).size());
    }

    /// The lines, the first process's first, without the column of pids and that of memory. The
    /// terminal has that many columns behind the pids.
    [[nodiscard]] std::string shown(std::size_t columns, std::vector<std::string> arguments) {
        ctl.environment.emplace_back("COLUMNS", std::to_string(columns + pid_width));
        arguments.insert(arguments.begin(), {"list", "--sort", "original"});
        const auto listed = ctl.run(arguments);
        CHECK(listed.status == 0);
        CHECK(listed.err.empty());
        std::string text;
        std::istringstream lines(listed.out);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t last = line.find_last_of(' ');
            text += line.size() < pid_width || last == std::string::npos || line.ends_with('.')
                        ? line
                        : line.substr(pid_width, line.find_last_not_of(' ', last) - pid_width + 1);
            text += "\n";
        }
        return text;
    }

    [[nodiscard]] std::string pinned() const { return "hold " + std::to_string(other.pid()); }
};

TEST_CASE("list has its columns side by side, and a summary") {
    TableTest test;
    const std::string padding(32 - test.pinned().size(), ' ');
    const std::string first =
        " train-\u6f22\u5b57 root training-runs-of-the-whole-group       77    345     345 held\n";
    const std::string second =
        " other      root " + test.pinned() + padding + "       77   1000    1000 held\n";
    const bool is_first = test.training.pid() < test.other.pid();
    const std::string rows = is_first ? first + second : second + first;
    CHECK(test.shown(200, {}) ==
          " NAME       USER RULE                             ORIGINAL WANTED CURRENT STATE\n" +
              rows + "\n2 processes.\n");
}

TEST_CASE("on 80 columns list cuts the longest names") {
    TableTest test;
    const std::string pinned = test.pinned();
    const std::string padding(26 - pinned.size(), ' ');
    // The memory is as wide as its heading, or narrower.
    const std::string first =
        " train-\u6f22\u5b57 root training-runs-of-the-whol\u2026       77    345     345 held\n";
    const std::string second =
        " other      root " + pinned + padding + "       77   1000    1000 held\n";
    const bool is_first = test.training.pid() < test.other.pid();
    const std::string rows = is_first ? first + second : second + first;
    CHECK(test.shown(80, {}) ==
          " NAME       USER RULE                       ORIGINAL WANTED CURRENT STATE\n" + rows +
              "\n2 processes.\n");
}

TEST_CASE("on the narrowest terminals every command still tells what it can") {
    TableTest test;
    for (const char* columns : {"1", "10", "20"}) {
        test.ctl.environment.emplace_back("COLUMNS", columns);
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"list"}, {"rules"}, {"status"}, {"rank"}}) {
            CAPTURE(columns, arguments[0]);
            const auto ended = test.ctl.run(arguments);
            CHECK(ended.status == 0);
            CHECK(ended.err.empty());
            CHECK(ended.out.find('\n') != std::string::npos);
        }
    }
}

TEST_CASE("Without the legend the rows stay as they are") {
    TableTest test;
    test.training.kill();
    const auto lines = test.ctl.run({"rules", "--no-legend"}).out;
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
    CHECK(lines.find("RULE") == std::string::npos);
}

TEST_CASE("a name that is not UTF-8 is shown escaped, in JSON too") {
    TableTest test;
    test.other.tell({"rename", "\xff\xfe\033[2J"});
    (void)test.daemon.client()->Rescan();
    CHECK(test.ctl.run({"list", "--no-legend"}).out.find(R"( \xff\xfe\x1b[2J )") !=
          std::string::npos);
    CHECK(test.ctl.run({"list", "--json"}).out.find(R"("name": "\\xff\\xfe\\x1b[2J")") !=
          std::string::npos);
}

TEST_CASE("where the locale is not UTF-8, dots and ellipses are ASCII") {
    TableTest test;
    test.ctl.environment.emplace_back("LC_ALL", "C");
    test.ctl.environment.emplace_back("COLUMNS", "80");
    CHECK(test.ctl.run({"status"}).out.starts_with("* oom-guardd "));
    CHECK(test.ctl.run({"list"}).out.find("training-runs-of-the") != std::string::npos);
    CHECK(test.ctl.run({"list"}).out.find("\u2026") == std::string::npos);
}

}  // namespace
}  // namespace oomguard::test
