// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "command.hpp"
#include "support/catch.hpp"
#include "support/temp_tree.hpp"

// What is installed, and what the machine's own tools say to it.
namespace oomguard::test {
namespace {

namespace fs = std::filesystem;

using Strings = std::vector<std::string>;

/// Files, and directories with nothing in them, as paths from the top.
Strings leaves(const fs::path& top) {
    Strings paths;
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
        if (!entry.is_directory() || fs::is_empty(entry.path()))
            paths.push_back("/" + fs::relative(entry.path(), top).string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

Strings expected_files() {
    std::ifstream stream(OOMGUARD_EXPECTED_FILES);
    Strings paths;
    for (std::string line; std::getline(stream, line);)
        paths.push_back(line);
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// The unit as it is installed, but with the daemon where it was built.
void write_unit(const TempTree& tree) {
    std::ifstream stream(OOMGUARD_BINARY_DIR "/systemd/oom-guardd.service");
    REQUIRE(stream);
    std::string text;
    for (std::string line; std::getline(stream, line);) {
        const bool is_start = line.starts_with("ExecStart=");
        text += (is_start ? "ExecStart=" OOM_GUARDD : line) + "\n";
    }
    tree.write("oom-guardd.service", text);
}

}  // namespace

TEST_CASE("an installation is exactly the expected files") {
    const TempTree tree;
    const auto installed =
        run("DESTDIR=" + tree.path() + " " OOMGUARD_CMAKE " --install " OOMGUARD_BINARY_DIR);
    INFO(installed.output);
    REQUIRE(installed.status == 0);
    CHECK(leaves(tree.path()) == expected_files());
}

TEST_CASE("man has nothing to say against the man pages") {
    if (!is_program("man")) {
        WARN("skipped: there is no man here");
        return;
    }
    for (const std::string page :
         {"oom-guardd.8", "oom-guardd.yaml.5", "oom-guardd-rules.5", "org.oomguard1.5"}) {
        const auto shown =
            run("LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 "
                "-Z " OOMGUARD_SOURCE_DIR "/docs/" +
                page + " >/dev/null");
        CHECK(shown.status == 0);
        CHECK(shown.output.empty());
    }
}

TEST_CASE("systemd has nothing to say against the unit") {
    if (!is_program("systemd-analyze")) {
        WARN("skipped: there is no systemd-analyze here");
        return;
    }
    const TempTree tree;
    write_unit(tree);
    const auto verified = run("systemd-analyze verify --man=no " + tree.path("oom-guardd.service"));
    CHECK(verified.output.empty());
    CHECK(verified.status == 0);
}

TEST_CASE("the unit exposes no more than 1.8 by systemd's own measure") {
    if (!is_program("systemd-analyze")) {
        WARN("skipped: there is no systemd-analyze here");
        return;
    }
    const TempTree tree;
    write_unit(tree);
    const auto measured = run("systemd-analyze security --offline=true --threshold=18 --no-pager " +
                              tree.path("oom-guardd.service"));
    INFO(measured.output);
    CHECK(measured.status == 0);
    CHECK(measured.output.find("Overall exposure level") != std::string::npos);
}

}  // namespace oomguard::test
