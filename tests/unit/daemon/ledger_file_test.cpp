// SPDX-License-Identifier: MIT
#include "daemon/ledger_file.hpp"

#include <csignal>
#include <filesystem>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::daemon {
namespace {

using oomguard::test::TempTree;

const std::string kHeader = "oom-guardd-ledger 1 boot\n";
const std::string kHold = "hold 10 100 0 500\n";
constexpr ProcessId kId{10, 100};

LedgerFile ledger_in(const TempTree& tree) {
    return LedgerFile(tree.path("ledger"), "boot");
}

/// What a daemon that starts now would read.
Ledger reread(const TempTree& tree) {
    return parse_ledger(tree.read("ledger"), "boot");
}

/// Files can grow to so many bytes and no further while this lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(std::size_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        (void)std::signal(SIGXFSZ, old_handler_);
    }

  private:
    rlimit old_{};
    void (*old_handler_)(int);
};

}  // namespace

TEST_CASE("A ledger that is not there yet is empty and is made, for its owner only") {
    const TempTree tree;
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    CHECK(file.ledger().entries.empty());
    CHECK(tree.read("ledger") == kHeader);
    struct stat status {};
    REQUIRE(::stat(tree.path("ledger").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("Each record is in the file when the call returns, and is read back") {
    const TempTree tree;
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    file.hold(kId, {0, 500});
    CHECK(tree.read("ledger") == kHeader + kHold);
    file.hold({11, 101}, {-5, 6});
    file.drop(kId);
    CHECK(tree.read("ledger") == kHeader + kHold + "hold 11 101 -5 6\ndrop 10 100\n");
    CHECK_FALSE(file.failure());

    LedgerFile next = ledger_in(tree);
    REQUIRE(next.open());
    REQUIRE(next.ledger().entries.size() == 1);
    CHECK(next.ledger().entries.at(11) == Ledger::Entry{101, {-5, 6}});
    // Started anew with what is on record only.
    CHECK(tree.read("ledger") == kHeader + "hold 11 101 -5 6\n");
}

TEST_CASE("Pins are in the file when the call returns, and outlive every rewrite") {
    const TempTree tree;
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    file.pin(kId, 500, Children::Include);
    file.pin({11, 101}, -5, Children::Reset);
    file.hold(kId, {0, 500});
    CHECK(tree.read("ledger") == kHeader + "pin 10 100 500 include\npin 11 101 -5 reset\n" + kHold);
    file.unpin({11, 100});
    file.unpin({11, 101});
    file.unpin({11, 101});
    CHECK(tree.read("ledger") ==
          kHeader + "pin 10 100 500 include\npin 11 101 -5 reset\n" + kHold + "unpin 11 101\n");

    LedgerFile next = ledger_in(tree);
    REQUIRE(next.open());
    CHECK(next.ledger().pins.size() == 1);
    CHECK(next.ledger().pins.at(10) == Ledger::Pin{100, 500, Children::Include});
    CHECK(tree.read("ledger") == kHeader + kHold + "pin 10 100 500 include\n");
    for (int round = 0; round < 5000; ++round)
        next.pin(kId, round % 1000, Children::Reset);
    CHECK(std::filesystem::file_size(tree.path("ledger")) < 32 * 1024);
    CHECK(reread(tree).pins.at(10) == Ledger::Pin{100, 999});
    CHECK(reread(tree).entries.at(10) == Ledger::Entry{100, {0, 500}});
}

TEST_CASE("A record is dropped only for the very process it is of") {
    const TempTree tree;
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    file.hold(kId, {0, 500});
    file.drop({10, 99});
    file.drop({11, 100});
    CHECK(tree.read("ledger") == kHeader + kHold);
    CHECK(file.ledger().entries.size() == 1);
}

TEST_CASE("A line torn by a death in the middle of its write is passed over") {
    const TempTree tree{{"ledger", kHeader + kHold + "hold 11 101 0 5"}};
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    CHECK(file.ledger().bad_lines == 0);
    CHECK(file.ledger().entries.size() == 1);
    CHECK(tree.read("ledger") == kHeader + kHold);
}

TEST_CASE("Bad lines are counted, and what stands around them is kept") {
    const TempTree tree{{"ledger", kHeader + "nonsense\n" + kHold + "hold 1 2 3\n"}};
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    CHECK(file.ledger().bad_lines == 2);
    CHECK(file.ledger().entries.size() == 1);
}

TEST_CASE("A ledger of another boot means nothing") {
    const TempTree tree{{"ledger", "oom-guardd-ledger 1 other\n" + kHold}};
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    CHECK(file.ledger().entries.empty());
    CHECK(tree.read("ledger") == kHeader);
}

TEST_CASE("The file is rewritten when most of its lines have had their day") {
    const TempTree tree;
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    file.hold({7, 70}, {0, 7});
    std::uintmax_t largest = 0;
    for (int round = 0; round < 5000; ++round) {
        file.hold(kId, {0, 500});
        file.drop(kId);
        largest = std::max(largest, std::filesystem::file_size(tree.path("ledger")));
    }
    CHECK(largest < 32 * 1024);
    CHECK_FALSE(file.failure());
    const Ledger now = reread(tree);
    REQUIRE(now.entries.size() == 1);
    CHECK(now.entries.at(7) == Ledger::Entry{70, {0, 7}});
    CHECK(now.bad_lines == 0);
}

TEST_CASE("A rewrite keeps the value before, which the process still has if we die now") {
    const TempTree tree;
    LedgerFile file(tree.path("run/ledger"), "boot");
    file.hold(kId, {0, 500});
    tree.write("run/", "");
    file.hold(kId, {0, 300});
    CHECK(tree.read("run/ledger") == kHeader + kHold + "hold 10 100 0 300\n");
    LedgerFile next(tree.path("run/ledger"), "boot");
    REQUIRE(next.open());
    CHECK(next.ledger().entries.at(10) == Ledger::Entry{100, {0, 300}, 500});
}

TEST_CASE("A ledger that cannot be read is moved aside, and said so") {
    const TempTree tree{{"ledger/inside", "x"}};
    LedgerFile file = ledger_in(tree);
    const auto opened = file.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message() == "read " + tree.path("ledger") + ": Is a directory");
    CHECK(file.failure() == opened.error().message());
    CHECK(tree.read("ledger.unreadable/inside") == "x");
    CHECK(tree.read("ledger") == kHeader);
    file.hold(kId, {0, 500});
    CHECK(tree.read("ledger") == kHeader + kHold);
    CHECK_FALSE(file.failure());
}

TEST_CASE("A ledger that others could have written is not believed, and moved aside") {
    const TempTree tree{{"ledger", kHeader + kHold}};
    REQUIRE(::chmod(tree.path("ledger").c_str(), 0622) == 0);
    LedgerFile file = ledger_in(tree);
    const auto opened = file.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message() ==
          "read " + tree.path("ledger") +
              ": others may write it (mode 0622): run chmod go-w on it");
    CHECK(file.ledger().entries.empty());
    CHECK(tree.read("ledger.unreadable") == kHeader + kHold);
    CHECK(tree.read("ledger") == kHeader);
}

TEST_CASE("Without a directory records are kept in memory, and written once there is one") {
    const TempTree tree;
    LedgerFile file(tree.path("run/ledger"), "boot");
    CHECK_FALSE(file.open());
    CHECK(file.failure());
    file.hold(kId, {0, 500});
    CHECK(file.failure());
    CHECK(file.ledger().entries.size() == 1);
    tree.write("run/", "");
    file.hold({11, 101}, {0, 5});
    CHECK_FALSE(file.failure());
    CHECK(parse_ledger(tree.read("run/ledger"), "boot").entries.size() == 2);
}

TEST_CASE("A record that does not fit on the disk is told, and the next one makes the file whole") {
    const TempTree tree;
    LedgerFile file = ledger_in(tree);
    REQUIRE(file.open());
    file.hold(kId, {0, 500});
    {
        // The next line is torn: half of it fits.
        const FileSizeLimit full(kHeader.size() + kHold.size() + 7);
        file.hold({11, 101}, {0, 5});
        CHECK(file.failure() == "append to " + tree.path("ledger") + ": No space left on device");
        file.hold({12, 102}, {0, 5});
        CHECK(file.failure());
        CHECK(file.ledger().entries.size() == 3);
        // What was whole before is still there.
        CHECK(reread(tree).entries.at(10) == Ledger::Entry{100, {0, 500}});
    }
    file.hold({13, 103}, {0, 5});
    CHECK_FALSE(file.failure());
    CHECK(reread(tree).entries.size() == 4);
    CHECK(reread(tree).bad_lines == 0);
}

}  // namespace oomguard::daemon
