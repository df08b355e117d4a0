// SPDX-License-Identifier: MIT
#include "daemon/kill_watch.hpp"

#include "support/catch.hpp"
#include "support/child.hpp"
#include "sys/procfs.hpp"

namespace oomguard::daemon {

TEST_CASE("The start time of a process that starts now goes by the clock of processes") {
    const auto procfs = sys::Procfs::open("/proc");
    REQUIRE(procfs);
    const std::uint64_t before = start_time_now();
    const auto child = test::fork_child([] {});
    const std::uint64_t after = start_time_now();
    const auto process = procfs->open_process(child.pid());
    REQUIRE(process);
    const auto snapshot = process->read_stat();
    REQUIRE(snapshot);
    CHECK(snapshot->id.start_time >= before);
    CHECK(snapshot->id.start_time <= after);
}

}  // namespace oomguard::daemon
