// SPDX-License-Identifier: MIT
#include "sys/machine_memory.hpp"

#include "support/catch.hpp"

namespace oomguard::sys {
namespace {

TEST_CASE("meminfo is read, and nothing is made up where a line is missing") {
    const std::string text =
        "MemTotal:       2048 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n"
        "SwapCached: 7 kB\nSwapTotal: 4 kB\nSwapFree: 3 kB\n";
    const auto memory = parse_meminfo(text);
    REQUIRE(memory);
    CHECK(memory->total == 2048 * 1024);
    CHECK(memory->available == 1024 * 1024);
    CHECK(memory->swap_total == 4 * 1024);
    CHECK(memory->swap_free == 3 * 1024);
    CHECK_FALSE(parse_meminfo(text.substr(0, text.find("SwapFree"))));
    CHECK_FALSE(parse_meminfo("MemTotal:"));
    CHECK_FALSE(parse_meminfo(""));
}

TEST_CASE("The machine says how much memory it has, and it is the same wherever one asks") {
    const auto info = read_memory_info();
    const auto memory = machine_memory();
    REQUIRE(info);
    REQUIRE(memory);
    CHECK(info->total == memory->ram);
    CHECK(info->swap_total == memory->swap);
    CHECK(info->available <= info->total);
}

}  // namespace
}  // namespace oomguard::sys
