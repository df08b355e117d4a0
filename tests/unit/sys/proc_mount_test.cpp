// SPDX-License-Identifier: MIT
#include "sys/proc_mount.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"
#include "sys/procfs.hpp"

using namespace oomguard;
using namespace oomguard::sys;

namespace {

constexpr const char* kRoot = "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n";

std::string proc_line(const std::string& options) {
    return "23 22 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc " + options +
           "\n";
}

std::optional<ProcHiding> hiding_with(const std::string& options) {
    return parse_proc_hiding(kRoot + proc_line(options));
}

}  // namespace

TEST_CASE("/proc hides nothing without hidepid, and with hidepid off") {
    const ProcHiding nothing{.hides = false, .spared_group = std::nullopt};
    CHECK(hiding_with("rw") == nothing);
    CHECK(hiding_with("rw,gid=27") == nothing);
    CHECK(hiding_with("rw,hidepid=off") == nothing);
    CHECK(hiding_with("rw,hidepid=0") == nothing);
}

TEST_CASE("with hidepid /proc hides from all but a group, root's if none is given") {
    for (const std::string value : {"1", "2", "noaccess", "invisible", "of-some-later-kernel"}) {
        CAPTURE(value);
        CHECK(hiding_with("rw,hidepid=" + value) == ProcHiding{.hides = true, .spared_group = 0});
        CHECK(hiding_with("rw,gid=27,hidepid=" + value) ==
              ProcHiding{.hides = true, .spared_group = 27});
    }
}

TEST_CASE("hidepid=ptraceable spares no group, nor does one that cannot be read") {
    const ProcHiding all{.hides = true, .spared_group = std::nullopt};
    CHECK(hiding_with("rw,gid=27,hidepid=ptraceable") == all);
    CHECK(hiding_with("rw,gid=27,hidepid=4") == all);
    CHECK(hiding_with("rw,gid=27x,hidepid=2") == all);
}

TEST_CASE("of several on /proc the last one counts, and what else is mounted does not") {
    CHECK(parse_proc_hiding(proc_line("rw") + proc_line("rw,hidepid=invisible"))->hides);
    CHECK_FALSE(parse_proc_hiding(proc_line("rw,hidepid=invisible") + proc_line("rw"))->hides);
    CHECK_FALSE(parse_proc_hiding(proc_line("rw") +
                                  "30 22 0:40 / /srv/proc rw - proc proc rw,hidepid=invisible\n"
                                  "31 22 0:41 / /proc rw - tmpfs hidepid=2 rw,hidepid=invisible\n")
                    ->hides);
    CHECK_FALSE(parse_proc_hiding(kRoot));
    CHECK_FALSE(parse_proc_hiding(""));
    CHECK_FALSE(parse_proc_hiding("23 22 0:21 / /proc rw proc proc rw\n"));
}

TEST_CASE("what /proc hides is as process 1 has it, else as the reader has it") {
    const test::TempTree tree(
        {{"1/mountinfo", proc_line("rw,hidepid=2")}, {"self/mountinfo", proc_line("rw")}});
    CHECK(Procfs::open(tree.path())->hiding()->hides);
    const test::TempTree own({{"self/mountinfo", proc_line("rw")}});
    CHECK_FALSE(Procfs::open(own.path())->hiding()->hides);
    const test::TempTree nothing({{"self/mountinfo", kRoot}});
    CHECK(Procfs::open(nothing.path())->hiding().error().message() ==
          "parse " + nothing.path() + "/self/mountinfo: Invalid argument");
}
