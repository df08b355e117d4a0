// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "bus.hpp"
#include "bus_fuzzer.hpp"
#include "support/catch.hpp"
#include "support/usage.hpp"

// Any calls on the bus. OOMGUARD_FUZZ_SEED and OOMGUARD_FUZZ_CALLS choose others and more:
// tests/fuzz/run takes ever new ones.
namespace oomguard::test {
namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

}  // namespace

TEST_CASE("whatever is called on the bus, the daemon lives, answers and keeps no descriptor") {
    const unsigned seed = from_environment("OOMGUARD_FUZZ_SEED", 1);
    const unsigned calls = from_environment("OOMGUARD_FUZZ_CALLS", 1500);
    INFO("OOMGUARD_FUZZ_SEED=" << seed << " OOMGUARD_FUZZ_CALLS=" << calls);
    Programs programs;
    const auto name = programs.unique_name();
    const auto other = programs.unique_name();
    Subject meant = programs.start(name);
    Subject stranger = programs.start(other);
    Subject parent = programs.start(other);
    const pid_t child = parent.tell({"fork"});
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();
    const Usage usage(daemon.pid());
    CHECK(daemon.client()->Rescan() > 0);
    const auto before = usage.descriptors();

    BusFuzzer fuzzer(daemon.bus().address(), seed,
                     {meant.pid(), stranger.pid(), parent.pid(), child});
    while (fuzzer.calls() < calls)
        fuzzer.call_once_or_more();

    CHECK(fuzzer.successes() > calls / 10);
    for (const pid_t pid : {meant.pid(), stranger.pid(), parent.pid(), child}) {
        (void)failure_of(
            [&] { return daemon.client()->Release(static_cast<std::uint32_t>(pid)), 0; });
    }
    CHECK(daemon.client()->HeldCount() == 1);
    CHECK(daemon.client().process(meant.pid())->state == "held");
    // It may have been in the middle of a look when they were counted first.
    CAPTURE(before, usage.descriptors());
    CHECK(eventually([&] { return usage.descriptors() <= before; }));
    const Subject late = programs.start(name);
    CHECK(comes_to(late.pid(), 345));
}

}  // namespace oomguard::test
