// SPDX-License-Identifier: MIT
#include "sys/drop_in.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;

namespace {

constexpr std::size_t kLimit = 1000;

/// What read_drop_ins gives of etc, run and lib, a line each: "etc/10-a.yaml = text", or
/// "etc/10-a.yaml ! failure".
std::vector<std::string> read_tree(const TempTree& tree) {
    std::vector<std::string> lines;
    for (const SourceFile& file :
         read_drop_ins({tree.path("etc"), tree.path("run"), tree.path("lib")}, kLimit)) {
        const std::string name = file.path.substr(tree.path().size() + 1);
        CHECK((!file.failure || file.text.empty()));
        lines.push_back(file.failure ? name + " ! " + *file.failure : name + " = " + file.text);
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("The files of all directories come in the order of their names' bytes") {
    const TempTree tree{{"lib/50-b.yaml", "1"}, {"etc/60-a.yaml", "2"}, {"run/50-a.yaml", "3"},
                        {"etc/5-z.yaml", "4"},  {"lib/Z.yaml", "5"},    {"etc/\xc3\xa9.yaml", "6"}};
    CHECK(read_tree(tree) == Lines{"etc/5-z.yaml = 4", "run/50-a.yaml = 3", "lib/50-b.yaml = 1",
                                   "etc/60-a.yaml = 2", "lib/Z.yaml = 5", "etc/\xc3\xa9.yaml = 6"});
}

TEST_CASE("A file that stands in is read in place of all of its name, and in its order") {
    const TempTree tree{{"etc/20-b.yaml", "1"}, {"lib/30-c.yaml", "2"}, {"new", "3"}};
    const auto files =
        read_drop_ins({tree.path("etc"), tree.path("lib")}, kLimit,
                      {{"20-b.yaml", tree.path("new")}, {"25-d.yaml", tree.path("none")}});
    REQUIRE(files.size() == 3);
    CHECK(files[0].path == tree.path("new"));
    CHECK(files[0].text == "3");
    CHECK(files[1].path == tree.path("none"));
    CHECK(files[1].failure == "No such file or directory");
    CHECK(files[2].path == tree.path("lib/30-c.yaml"));
}

TEST_CASE("A file replaces those of the same name in later directories") {
    const TempTree tree{{"etc/a.yaml", "etc"}, {"run/a.yaml", "run"}, {"lib/a.yaml", "lib"},
                        {"run/b.yaml", "run"}, {"lib/b.yaml", "lib"}, {"lib/c.yaml", "lib"}};
    CHECK(read_tree(tree) == Lines{"etc/a.yaml = etc", "run/b.yaml = run", "lib/c.yaml = lib"});
}

TEST_CASE("An empty file and a link to /dev/null mask") {
    const TempTree tree{
        {"etc/a.yaml", ""}, {"run/a.yaml", "1"}, {"lib/b.yaml", "2"}, {"lib/c.yaml", "3"}};
    tree.link("run/b.yaml", "/dev/null");
    tree.link("indirect", "/dev/null");
    tree.link("etc/c.yaml", "../indirect");
    CHECK(read_tree(tree) == Lines{});
}

TEST_CASE("A link to a file is the file, under the link's name") {
    const TempTree tree{{"elsewhere/rules", "text"}, {"lib/a.yaml", "masked"}};
    tree.link("etc/a.yaml", "../elsewhere/rules");
    CHECK(read_tree(tree) == Lines{"etc/a.yaml = text"});
}

TEST_CASE("Other names are passed over") {
    const TempTree tree{{"etc/a.yaml~", "1"},     {"etc/a.yml", "2"},  {"etc/.a.yaml", "3"},
                        {"etc/.yaml", "4"},       {"etc/README", "5"}, {"etc/a.yaml.dpkg-old", "6"},
                        {"etc/.a.yaml.swp", "7"}, {"etc/A.YAML", "8"}, {"etc/sub/b.yaml", "9"}};
    CHECK(read_tree(tree) == Lines{});
}

TEST_CASE("A directory that does not exist is empty") {
    const TempTree tree{{"run/a.yaml", "1"}};
    CHECK(read_tree(tree) == Lines{"run/a.yaml = 1"});
    CHECK(read_drop_ins({}, kLimit).empty());
}

TEST_CASE("What cannot be read is told in its place, and still replaces") {
    const TempTree tree{{"lib/a.yaml", "1"}, {"etc/b.yaml/inner", ""},
                        {"lib/b.yaml", "2"}, {"etc/c.yaml", std::string(kLimit + 1, 'x')},
                        {"lib/d.yaml", "4"}, {"lib/full.yaml", std::string(kLimit, 'x')}};
    REQUIRE(::mkfifo(tree.path("etc/a.yaml").c_str(), 0600) == 0);
    tree.link("etc/d.yaml", "dangling");
    tree.link("etc/e.yaml", "e.yaml");
    tree.link("etc/f.yaml", "/dev/zero");
    CHECK(read_tree(tree) ==
          Lines{"etc/a.yaml ! not a regular file", "etc/b.yaml ! Is a directory",
                "etc/c.yaml ! larger than 1000 bytes", "etc/d.yaml ! No such file or directory",
                "etc/e.yaml ! Too many levels of symbolic links", "etc/f.yaml ! not a regular file",
                "lib/full.yaml = " + std::string(kLimit, 'x')});
}

TEST_CASE("A directory that cannot be listed is told first") {
    const TempTree tree{{"etc", "a file"}, {"lib/a.yaml", "1"}};
    CHECK(read_tree(tree) == Lines{"etc ! Not a directory", "lib/a.yaml = 1"});
}

TEST_CASE("What others may write is told in place of what it says, unless it stands in") {
    const TempTree tree{{"etc/a.yaml", "1"}, {"lib/a.yaml", "2"}, {"run/b.yaml", "3"}};
    REQUIRE(::chmod(tree.path("etc/a.yaml").c_str(), 0666) == 0);
    REQUIRE(::chmod(tree.path("run").c_str(), 0777) == 0);
    const std::string advice = "others may write it (mode 0";
    CHECK(read_tree(tree) == Lines{"run ! " + advice + "777): run chmod go-w on it",
                                   "etc/a.yaml ! " + advice + "666): run chmod go-w on it"});
    const auto files =
        read_drop_ins({tree.path("lib")}, kLimit, {{"a.yaml", tree.path("etc/a.yaml")}});
    REQUIRE(files.size() == 1);
    CHECK(files[0].text == "1");
}

TEST_CASE("Files and directories without permission are told") {
    const TempTree tree{{"etc/a.yaml", "1"}, {"etc/b.yaml", "2"}, {"run/c.yaml", "3"}};
    REQUIRE(::chmod(tree.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(tree.path("etc/a.yaml").c_str(), 0) == 0);
    REQUIRE(::chmod(tree.path("run").c_str(), 0) == 0);
    // Root may read everything.
    const int answer = test::run_in_child([&] {
        constexpr uid_t kNobody = 65534;
        if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0)
            return 1;
        std::string told;
        for (const SourceFile& file : read_drop_ins({tree.path("etc"), tree.path("run")}, kLimit))
            told += file.path.substr(tree.path().size() + 1) + ":" + file.text +
                    file.failure.value_or("") + ";";
        return told == "run:Permission denied;etc/a.yaml:Permission denied;etc/b.yaml:2;" ? 0 : 2;
    });
    CHECK(answer == 0);
    REQUIRE(::chmod(tree.path("run").c_str(), 0700) == 0);
}
