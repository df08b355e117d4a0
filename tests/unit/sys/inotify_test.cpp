// SPDX-License-Identifier: MIT
#include "sys/inotify.hpp"

#include <cerrno>
#include <fstream>
#include <string>

#include <sys/inotify.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;

namespace {

Inotify create() {
    Result<Inotify> inotify = Inotify::create();
    REQUIRE(inotify);
    return *std::move(inotify);
}

/// The events that wait, a line each: "create|dir 'name'".
std::vector<std::string> read_lines(Inotify& inotify) {
    const Result<std::vector<InotifyEvent>> events = inotify.read();
    REQUIRE(events);
    std::vector<std::string> lines;
    for (const InotifyEvent& event : *events) {
        std::string line;
        if (event.mask & IN_CREATE)
            line += "create";
        if (event.mask & IN_DELETE)
            line += "delete";
        if (event.mask & IN_ISDIR)
            line += "|dir";
        lines.push_back(line + " '" + event.name + "'");
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("Without events, none are read, and reading does not wait") {
    Inotify inotify = create();
    CHECK(read_lines(inotify).empty());
}

TEST_CASE("What is made and removed in a watched directory is told by its name") {
    const TempTree tree;
    Inotify inotify = create();
    const Result<int> watch = inotify.add(tree.path(), IN_CREATE | IN_DELETE);
    REQUIRE(watch);
    const std::string long_name(255, 'n');
    tree.write("a", "");
    tree.write("sixteen-bytes-16", "");
    tree.write("sub/", "");
    tree.write(long_name, "");
    tree.remove("a");
    tree.remove("sub");
    CHECK(read_lines(inotify) == Lines{"create 'a'", "create 'sixteen-bytes-16'",
                                       "create|dir 'sub'", "create '" + long_name + "'",
                                       "delete 'a'", "delete|dir 'sub'"});
    CHECK(read_lines(inotify).empty());
}

TEST_CASE("An event of a watched file itself has no name") {
    const TempTree tree{{"file", ""}};
    Inotify inotify = create();
    const Result<int> watch = inotify.add(tree.path("file"), IN_MODIFY);
    REQUIRE(watch);
    tree.write("file", "text");
    const Result<std::vector<InotifyEvent>> events = inotify.read();
    REQUIRE(events);
    REQUIRE_FALSE(events->empty());
    CHECK(events->front().watch == *watch);
    CHECK(events->front().mask == IN_MODIFY);
    CHECK(events->front().name.empty());
}

TEST_CASE("The same path watched again is the same watch") {
    const TempTree tree{{"a/", ""}, {"b/", ""}};
    Inotify inotify = create();
    const int first = *inotify.add(tree.path("a"), IN_CREATE);
    CHECK(*inotify.add(tree.path("a"), IN_CREATE | IN_DELETE) == first);
    CHECK(*inotify.add(tree.path("b"), IN_CREATE) != first);
}

TEST_CASE("What is not there cannot be watched") {
    Inotify inotify = create();
    const Result<int> watch = inotify.add("/nonexistent", IN_CREATE);
    REQUIRE_FALSE(watch);
    CHECK(watch.error().message() == "watch /nonexistent: No such file or directory");
}

TEST_CASE("A removed watch tells no more, and may be removed again") {
    const TempTree tree;
    Inotify inotify = create();
    const int watch = *inotify.add(tree.path(), IN_CREATE);
    inotify.remove(watch);
    inotify.remove(watch);
    inotify.remove(12345);
    tree.write("file", "");
    const Result<std::vector<InotifyEvent>> events = inotify.read();
    REQUIRE(events);
    REQUIRE(events->size() == 1);
    CHECK(events->front().mask == IN_IGNORED);
}

TEST_CASE("An overflow is told with no watch, after the events that were kept") {
    std::size_t limit = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
    constexpr std::size_t kMostTried = 100000;
    if (limit == 0 || limit > kMostTried) {
        WARN("skipped: fs.inotify.max_queued_events is " << limit);
        return;
    }
    const TempTree tree{{"a", ""}, {"b", ""}};
    Inotify inotify = create();
    REQUIRE(inotify.add(tree.path(), IN_OPEN));
    // Two files in turn: equal neighbours would be merged.
    for (std::size_t i = 0; i < limit + 10; ++i)
        std::ifstream(tree.path(i % 2 == 0 ? "a" : "b"));
    const Result<std::vector<InotifyEvent>> events = inotify.read();
    REQUIRE(events);
    CHECK(events->size() == limit + 1);
    CHECK(events->back().mask == IN_Q_OVERFLOW);
    CHECK(events->back().watch == -1);
    CHECK(events->front().name == "a");
}
