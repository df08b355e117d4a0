// SPDX-License-Identifier: MIT
#include "sys/cgroup_memory.hpp"

#include <cerrno>

#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/temp_tree.hpp"
#include "sys/machine_memory.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;
using oomguard::test::TestCgroup;

TEST_CASE("A limit is a number of bytes, or none") {
    for (const auto& [text, limit] :
         std::vector<std::pair<std::string, std::optional<std::uint64_t>>>{
             {"max\n", kNoLimit},
             {"0\n", 0},
             {"104857600\n", 104'857'600},
             {"18446744073709551615\n", kNoLimit - 1},
             {"", std::nullopt},
             {"\n", std::nullopt},
             {"max", std::nullopt},
             {"maximum\n", std::nullopt},
             {"-1\n", std::nullopt},
             {"1 max\n", std::nullopt},
             {"18446744073709551616\n", std::nullopt},
         }) {
        CAPTURE(text);
        CHECK(parse_limit(text) == limit);
    }
}

TEST_CASE("The limits of a cgroup are read, and one without the files has none") {
    const TempTree tree{{"a/memory.max", "104857600\n"},
                        {"a/memory.swap.max", "4096\n"},
                        {"b/memory.max", "max\n"},
                        {"c/", ""}};
    CHECK(*memory_max(tree.path("a")) == 104'857'600);
    CHECK(*memory_swap_max(tree.path("a")) == 4096);
    CHECK(*memory_max(tree.path("b")) == kNoLimit);
    CHECK(*memory_swap_max(tree.path("b")) == kNoLimit);
    CHECK(*memory_max(tree.path("c")) == kNoLimit);
}

TEST_CASE("A cgroup is killed as a whole if its file says so") {
    const TempTree tree{
        {"a/memory.oom.group", "1\n"}, {"b/memory.oom.group", "0\n"}, {"c/cgroup.procs", ""}};
    CHECK(*has_oom_group(tree.path("a")));
    CHECK_FALSE(*has_oom_group(tree.path("b")));
    CHECK_FALSE(*has_oom_group(tree.path("c")));
}

TEST_CASE("A cgroup that has gone is told from one without the files") {
    const TempTree tree{{"file", ""}, {"odd/memory.max", "much\n"}};
    const std::string gone = tree.path("gone");
    CHECK(memory_max(gone).error().message() == "open " + gone + ": No such file or directory");
    CHECK(has_oom_group(gone).error().message() == "open " + gone + ": No such file or directory");
    CHECK(memory_max(tree.path("file")).error().message() ==
          "read " + tree.path("file") + "/memory.max: Not a directory");
    CHECK(memory_max(tree.path("odd")).error().message() ==
          "parse " + tree.path("odd") + "/memory.max: Invalid argument");
    CHECK(child_cgroups_by_age(gone).error().message() ==
          "list " + gone + ": No such file or directory");
}

TEST_CASE("The cgroups below one are told in the order in which they were made") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    std::vector<std::string> made;
    for (const char* name : {"m", "z", "a", "y", "b", "k", "c"}) {
        REQUIRE(::mkdir((cgroup->path() + "/" + name).c_str(), 0755) == 0);
        made.emplace_back(name);
    }
    const auto told = child_cgroups_by_age(cgroup->path());
    for (const auto& name : made)
        ::rmdir((cgroup->path() + "/" + name).c_str());
    REQUIRE(told);
    CHECK(*told == made);
}

TEST_CASE("The machine has memory, in whole pages") {
    const auto machine = machine_memory();
    REQUIRE(machine);
    CHECK(machine->ram > 0);
    CHECK(machine->ram % page_size() == 0);
    CHECK(machine->swap % page_size() == 0);
}
