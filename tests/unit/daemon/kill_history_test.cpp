// SPDX-License-Identifier: MIT
#include "daemon/kill_history.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "remembering.hpp"
#include "support/catch.hpp"

namespace oomguard::daemon {
namespace {

using Entry = KillHistory::Entry;

constexpr std::size_t kMost = KillHistory::kMostKills;

std::size_t lines_in(const TempTree& tree) {
    const std::string text = tree.read("kills");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

using Pids = std::vector<Pid>;

}  // namespace

TEST_CASE("A record of kills that is not there yet is made, empty") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    const auto opened = history.open(false);
    REQUIRE(opened);
    CHECK(*opened == 0);
    CHECK(history.entries().empty());
    CHECK_FALSE(history.failure());
    CHECK(tree.read("kills").empty());
    struct stat status {};
    REQUIRE(::stat(tree.path("kills").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("A kill is in the file when the call returns, and read back as it was") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    history.add(kill_of(10), 7);
    CHECK(tree.read("kills") ==
          R"({"time_usec":1700000000000000,"pid":10,"start_time":99,"name":"hog","user":"ada",)"
          R"("cgroup":"/job","rule":"keep","oom_score_adj":-500,"killer":"systemd-oomd",)"
          R"("memory":4096,"limit":"?","situation":"memory pressure was high",)"
          R"("why":"systemd-oomd does not look at it","batch":1700000000000001,"boot":"boot",)"
          R"("sequence":7})"
          "\n");
    Kill least;
    least.id = {11, 0};
    history.add(least, std::nullopt);
    const Reread next(tree);
    CHECK(next.bad_lines == 0);
    CHECK(next.history.entries() == history.entries());
    REQUIRE(next.history.entries().size() == 2);
    CHECK(next.history.entries()[0] == Entry{kill_of(10), KernelLogPlace{"boot", 7}});
    CHECK(next.history.entries()[1] == Entry{least, std::nullopt});
}

TEST_CASE("The numbers of a kill are read back whatever they are, and so is each killer") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    Kill kill = kill_of(2'147'483'647);
    kill.usec = kill.memory = kill.batch = kill.id.start_time = 18'446'744'073'709'551'615U;
    for (const Killer killer :
         {Killer::Kernel, Killer::SystemdOomd, Killer::Earlyoom, Killer::Nohang, Killer::Unknown}) {
        kill.killer = killer;
        history.add(kill, 18'446'744'073'709'551'615U);
    }
    CHECK(Reread(tree).history.entries() == history.entries());
}

TEST_CASE("Hostile texts come back as they were, on one line each") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    for (const std::string& text :
         {std::string("\"}\n{\"pid\":1}"), std::string("a\\nb\\x01"), std::string("\0,\x1b[2J", 6),
          std::string("ü\xe2\x80\xa8"), std::string(20000, '"')}) {
        Kill kill = kill_of(10);
        kill.name = kill.user = kill.cgroup = kill.rule = kill.limit = text;
        kill.situation = kill.why = text;
        history.add(kill, std::nullopt);
    }
    CHECK(lines_in(tree) == 5);
    const Reread next(tree);
    CHECK(next.bad_lines == 0);
    CHECK(next.history.entries() == history.entries());
}

TEST_CASE("A name that is no UTF-8 spoils neither its own line nor another") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    Kill kill = kill_of(10);
    kill.name = "a\xff\n";
    history.add(kill, std::nullopt);
    history.add(kill_of(11), std::nullopt);
    CHECK_FALSE(history.failure());
    const Reread next(tree);
    CHECK(next.pids() == Pids{10, 11});
    CHECK(next.history.entries()[0].kill.name == "a\xef\xbf\xbd\n");
}

TEST_CASE("As many kills as are kept are in memory and in the file, which is rewritten in time") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    std::size_t most_lines = 0;
    for (Pid pid = 1; pid <= static_cast<Pid>(3 * kMost); ++pid) {
        history.add(kill_of(pid), std::nullopt);
        REQUIRE(history.entries().size() == std::min(kMost, static_cast<std::size_t>(pid)));
        if (pid % 64 == 0 || pid == static_cast<Pid>(2 * kMost + 1))
            most_lines = std::max(most_lines, lines_in(tree));
    }
    CHECK(most_lines == 2 * kMost);
    CHECK(lines_in(tree) < 2 * kMost);
    const Reread next(tree);
    CHECK(next.history.entries() == history.entries());
    CHECK(next.history.entries().front().kill.id.pid == static_cast<Pid>(2 * kMost + 1));
}

TEST_CASE("A user who loses one process after the other does not drive out what others lost") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    history.add(kill_of(1), std::nullopt);
    for (Pid pid = 2; pid <= static_cast<Pid>(3 * kMost); ++pid) {
        Kill kill = kill_of(pid);
        kill.user = "eve";
        history.add(kill, std::nullopt);
    }
    CHECK(history.entries().size() == kMost);
    CHECK(history.entries().front().kill.id.pid == 1);
    CHECK(history.entries().at(1).kill.id.pid == static_cast<Pid>(2 * kMost + 2));
    CHECK(Reread(tree).history.entries() == history.entries());
}

TEST_CASE("Users without a name do not drive out what others lost, however many they are") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    for (Pid pid = 1; pid <= 3; ++pid)
        history.add(kill_of(pid), std::nullopt);
    for (Pid pid = 4; pid <= static_cast<Pid>(3 * kMost); ++pid) {
        Kill kill = kill_of(pid);
        kill.user = std::to_string(100000 + pid);
        history.add(kill, std::nullopt);
    }
    CHECK(history.entries().size() == kMost);
    CHECK(history.entries().at(2).kill.id.pid == 3);
    CHECK(history.entries().at(3).kill.id.pid == static_cast<Pid>(2 * kMost + 4));
}

TEST_CASE("A file of the longest texts is read again") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    Kill kill = kill_of(10);
    // Each byte is shown as four. A cgroup's path may have 4096, a record of the kernel's log 1024.
    for (int byte = 0; byte < 4096; ++byte)
        kill.cgroup += "\\x01";
    kill.limit = kill.situation = kill.why = kill.cgroup.substr(0, 4096);
    history.add(kill, 7);
    const std::string line = tree.read("kills");
    std::string text;
    for (std::size_t count = 0; count < 2 * kMost; ++count)
        text += line;
    tree.write("kills", text);
    CHECK(Reread(tree).history.entries().size() == kMost);
}

TEST_CASE("Lines that are none are counted and left out, and what stands around them is kept") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    history.add(kill_of(10), std::nullopt);
    const std::string good = tree.read("kills");
    for (const std::string& bad :
         {std::string("nonsense"), std::string(), std::string("{}"), std::string("[]"),
          std::string("null"), std::string("7"), std::string("\"pid\""), std::string(1000, '['),
          std::string("\xff\xfe"), std::string("\0", 1), good.substr(0, good.size() / 2)}) {
        tree.write("kills", good + bad + "\n" + good);
        const Reread next(tree);
        CHECK(next.bad_lines == 1);
        CHECK(next.pids() == Pids{10, 10});
    }
}

TEST_CASE("A line of the wrong types is none") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    history.add(kill_of(10), 7);
    const std::string good = tree.read("kills");
    for (const auto& [part, wrong] : std::vector<std::pair<std::string, std::string>>{
             {"\"pid\":10", "\"pid\":\"10\""},
             {"\"pid\":10", "\"pid\":2147483648"},
             {"\"pid\":10", "\"pid\":-1"},
             {"\"pid\":10", "\"pid\":1e300"},
             {"\"time_usec\":1700000000000000", "\"time_usec\":-1"},
             {"\"start_time\":99", "\"start_time\":true"},
             {"\"memory\":4096", "\"memory\":4096.5"},
             {"\"oom_score_adj\":-500", "\"oom_score_adj\":18446744073709551615"},
             {"\"oom_score_adj\":-500", "\"oom_score_adj\":-1001"},
             {"\"oom_score_adj\":-500", "\"oom_score_adj\":1001"},
             {"\"name\":\"hog\"", "\"name\":7"},
             {"\"oom_score_adj\":-500", "\"oom_score_adj\":\"\""},
             {"\"killer\":\"systemd-oomd\"", "\"killer\":null"},
             {"\"sequence\":7", "\"sequences\":7"},
             {"\"boot\":\"boot\"", "\"boot\":null"}}) {
        std::string line = good;
        line.replace(line.find(part), part.size(), wrong);
        tree.write("kills", line);
        CHECK(Reread(tree).bad_lines == 1);
    }
    std::string line = good;
    line.replace(line.find("systemd-oomd"), 12, "a later one");
    tree.write("kills", line);
    const Reread next(tree);
    REQUIRE(next.pids() == Pids{10});
    CHECK(next.history.entries().front().kill.killer == Killer::Unknown);
}

TEST_CASE("A line torn by a death in the middle of its write does not spoil what follows") {
    const TempTree tree;
    {
        KillHistory history = history_in(tree);
        REQUIRE(history.open(false));
        history.add(kill_of(10), std::nullopt);
        history.add(kill_of(11), std::nullopt);
    }
    const std::string text = tree.read("kills");
    tree.write("kills", text.substr(0, text.size() - 7));
    KillHistory history = history_in(tree);
    const auto opened = history.open(false);
    REQUIRE(opened);
    CHECK(*opened == 1);
    history.add(kill_of(12), std::nullopt);
    history.add(kill_of(13), std::nullopt);
    const Reread next(tree);
    CHECK(next.bad_lines == 0);
    CHECK(next.pids() == Pids{10, 12, 13});
}

TEST_CASE("Without a directory kills are kept in memory, and written once there is one") {
    const TempTree tree;
    KillHistory history(tree.path("state/kills"), "boot");
    REQUIRE(history.open(false));
    history.add(kill_of(10), std::nullopt);
    CHECK(history.failure() ==
          "replace " + tree.path("state/kills") + ": No such file or directory");
    CHECK(history.entries().size() == 1);
    tree.write("state/", "");
    history.add(kill_of(11), std::nullopt);
    CHECK_FALSE(history.failure());
    KillHistory next(tree.path("state/kills"), "boot");
    REQUIRE(next.open(true));
    CHECK(next.entries() == history.entries());
}

TEST_CASE("A record of kills that cannot be read says so, and is moved aside for a new one") {
    const TempTree tree{{"kills/inside", "x"}};
    KillHistory history = history_in(tree);
    const auto opened = history.open(false);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message() == "read " + tree.path("kills") + ": Is a directory");
    CHECK(history.failure() == opened.error().message());
    CHECK(tree.read("kills.unreadable/inside") == "x");
    history.add(kill_of(10), std::nullopt);
    CHECK_FALSE(history.failure());
    CHECK(Reread(tree).pids() == Pids{10});
}

TEST_CASE("A record of kills that others could have written is not believed") {
    const TempTree tree{{"kills", ""}};
    REQUIRE(::chmod(tree.path("kills").c_str(), 0602) == 0);
    const auto opened = history_in(tree).open(false);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message() ==
          "read " + tree.path("kills") + ": others may write it (mode 0602): run chmod go-w on it");
}

TEST_CASE("To be read only it writes nothing") {
    const TempTree tree;
    {
        KillHistory history = history_in(tree);
        REQUIRE(history.open(true));
        history.add(kill_of(9), std::nullopt);
        CHECK(history.entries().size() == 1);
        CHECK_FALSE(history.failure());
        CHECK_FALSE(std::filesystem::exists(tree.path("kills")));
    }
    tree.write("kills", "torn");
    KillHistory history = history_in(tree);
    REQUIRE(history.open(true));
    history.add(kill_of(10), 7);
    CHECK(history.entries().size() == 1);
    CHECK(history.last_sequence() == 7);
    CHECK(tree.read("kills") == "torn");
}

}  // namespace oomguard::daemon
