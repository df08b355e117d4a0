// SPDX-License-Identifier: MIT
#include "sys/file.hpp"

#include <csignal>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;

namespace {

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        names.push_back(entry.path().filename().string());
    return names;
}

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("An opened file is not handed to programs that are executed") {
    const TempTree tree{{"file", "text"}};
    const Result<UniqueFd> fd = open_at(AT_FDCWD, tree.path("file"), O_RDONLY);
    REQUIRE(fd);
    CHECK((::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("The error of a file that cannot be opened names it") {
    const Result<UniqueFd> fd = open_at(AT_FDCWD, "/nonexistent/file", O_RDONLY);
    REQUIRE_FALSE(fd);
    CHECK(fd.error().message() == "open /nonexistent/file: No such file or directory");
    CHECK(is_gone(fd.error()));
}

TEST_CASE("A file is read to its end or to the limit") {
    const std::string long_text(10000, 'x');
    const TempTree tree{{"empty", ""}, {"short", "text"}, {"long", long_text}};
    const Result<UniqueFd> directory = open_at(AT_FDCWD, tree.path(), O_PATH | O_DIRECTORY);
    REQUIRE(directory);
    const auto read = [&](const std::string& name, std::size_t limit) {
        const Result<std::string> text = read_at(directory->get(), name, limit);
        REQUIRE(text);
        return *text;
    };
    CHECK(read("empty", 100).empty());
    CHECK(read("short", 100) == "text");
    CHECK(read("short", 3) == "tex");
    CHECK(read("long", 20000) == long_text);
    CHECK(read("long", 4097) == long_text.substr(0, 4097));
    CHECK(read("long", 0).empty());
}

TEST_CASE("One read takes what fits into the buffer") {
    const TempTree tree{{"file", "0123456789"}};
    std::array<char, 16> large{};
    std::array<char, 4> small{};
    CHECK(*read_once(AT_FDCWD, tree.path("file"), large) == "0123456789");
    CHECK(*read_once(AT_FDCWD, tree.path("file"), small) == "0123");
    CHECK(read_once(AT_FDCWD, tree.path("none"), large).error().message() ==
          "open " + tree.path("none") + ": No such file or directory");
    CHECK(read_once(AT_FDCWD, tree.path(), large).error().message() ==
          "read " + tree.path() + ": Is a directory");
}

TEST_CASE("Reading a directory fails with its name") {
    const TempTree tree{{"directory/", ""}};
    const Result<std::string> text = read_at(AT_FDCWD, tree.path("directory"), 100);
    REQUIRE_FALSE(text);
    CHECK(text.error().message() == "read " + tree.path("directory") + ": Is a directory");
}

TEST_CASE("A regular file is read whole or not at all") {
    const TempTree tree{{"file", "12345678"}, {"empty", ""}};
    tree.link("link", "file");
    const auto read = [&](const std::string& name, std::size_t limit) {
        return read_regular_file(tree.path(name), limit);
    };
    CHECK(*read("file", 8) == "12345678");
    CHECK(*read("link", 9) == "12345678");
    CHECK(read("empty", 0)->empty());
    const Result<std::string> text = read("file", 7);
    REQUIRE_FALSE(text);
    CHECK(text.error().message() == "read " + tree.path("file") + ": File too large");
}

TEST_CASE("What is not a regular file is refused without waiting for it") {
    const TempTree tree{{"directory/", ""}};
    REQUIRE(::mkfifo(tree.path("fifo").c_str(), 0600) == 0);
    const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, tree.path("socket").c_str(), sizeof(address.sun_path) - 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
            0);

    const auto message = [](const std::string& path) {
        const Result<std::string> text = read_regular_file(path, 100);
        REQUIRE_FALSE(text);
        return text.error().message();
    };
    const auto irregular = [](const std::string& path) {
        return "read " + path + ": not a regular file: Invalid argument";
    };
    CHECK(message(tree.path("fifo")) == irregular(tree.path("fifo")));
    CHECK(message(tree.path("socket")) == irregular(tree.path("socket")));
    CHECK(message("/dev/null") == irregular("/dev/null"));
    CHECK(message(tree.path("directory")) == "read " + tree.path("directory") + ": Is a directory");
    CHECK(message(tree.path("none")) ==
          "open " + tree.path("none") + ": No such file or directory");
}

TEST_CASE("One write replaces the content of an existing file") {
    const TempTree tree{{"file", "a longer text"}};
    CHECK(write_once(AT_FDCWD, tree.path("file"), "short"));
    CHECK(tree.read("file") == "short");
}

TEST_CASE("One write makes no new file") {
    const TempTree tree;
    const Result<void> written = write_once(AT_FDCWD, tree.path("file"), "text");
    REQUIRE_FALSE(written);
    CHECK(is_gone(written.error()));
    CHECK(names_in(tree.path()).empty());
}

TEST_CASE("A write that the kernel refuses tells why") {
    const Result<void> written = write_once(AT_FDCWD, "/dev/full", "text");
    REQUIRE_FALSE(written);
    CHECK(written.error().message() == "write /dev/full: No space left on device");
}

TEST_CASE("What is appended follows what is there, and a refused append tells why") {
    const TempTree tree{{"file", "first\n"}};
    const auto fd = open_at(AT_FDCWD, tree.path("file"), O_WRONLY | O_APPEND);
    REQUIRE(fd);
    CHECK(append_once(fd->get(), "its name", "second\n"));
    CHECK(append_once(fd->get(), "its name", ""));
    CHECK(tree.read("file") == "first\nsecond\n");

    const auto full = open_at(AT_FDCWD, "/dev/full", O_WRONLY);
    REQUIRE(full);
    const Result<void> appended = append_once(full->get(), "its name", "text");
    REQUIRE_FALSE(appended);
    CHECK(appended.error().message() == "append to its name: No space left on device");
}

TEST_CASE("A replaced file has the new content and exactly the mode asked for") {
    const TempTree tree{{"file", "old"}};
    const mode_t mask = ::umask(077);
    CHECK(replace_file(tree.path("file"), "new", 0644));
    ::umask(mask);
    CHECK(tree.read("file") == "new");
    CHECK(mode_of(tree.path("file")) == 0644);
    CHECK(names_in(tree.path()) == std::vector<std::string>{"file"});

    CHECK(replace_file(tree.path("file"), "", 0600));
    CHECK(tree.read("file").empty());
    CHECK(mode_of(tree.path("file")) == 0600);
}

TEST_CASE("A file that was not there is made") {
    const TempTree tree;
    CHECK(replace_file(tree.path("file"), std::string(100000, 'x'), 0600));
    CHECK(tree.read("file") == std::string(100000, 'x'));
}

TEST_CASE("A link is replaced and what it points to stays") {
    const TempTree tree{{"target", "precious"}};
    tree.link("link", "target");
    CHECK(replace_file(tree.path("link"), "new", 0600));
    CHECK(tree.read("link") == "new");
    CHECK(tree.read("target") == "precious");
}

TEST_CASE("A failed replacement leaves the old content and nothing else") {
    const TempTree tree{{"directory/file", "old"}};
    const Result<void> replaced = replace_file(tree.path("directory"), "new", 0600);
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().message() == "replace " + tree.path("directory") + ": Is a directory");
    CHECK(names_in(tree.path()) == std::vector<std::string>{"directory"});
    CHECK(tree.read("directory/file") == "old");
}

TEST_CASE("A replacement in a directory that does not exist fails") {
    const Result<void> replaced = replace_file("/nonexistent/file", "new", 0600);
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().message() == "replace /nonexistent/file: No such file or directory");
}

TEST_CASE("A replacement that runs out of space leaves the old content and nothing else") {
    const TempTree tree{{"file", "old"}};
    const Result<void> replaced = [&] {
        // RLIMIT_FSIZE stands in for a full disk.
        rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit tiny{4096, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &tiny);
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        Result<void> result = replace_file(tree.path("file"), std::string(100000, 'x'), 0600);
        std::signal(SIGXFSZ, handler);
        ::setrlimit(RLIMIT_FSIZE, &before);
        return result;
    }();
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().message() == "replace " + tree.path("file") + ": File too large");
    CHECK(tree.read("file") == "old");
    CHECK(names_in(tree.path()) == std::vector<std::string>{"file"});
}
