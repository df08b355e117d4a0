// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "bus.hpp"
#include "core/ledger.hpp"
#include "support/catch.hpp"

// What the tests of Hold, HoldTree and Release have in common.
namespace oomguard::test {

inline constexpr int kOriginal = 77;

/// A daemon without news but what a test asks for, a rule for one program, and one of no rule.
struct HoldTest {
    Programs programs;
    std::string name = programs.unique_name();
    std::string child_path = programs.add(programs.unique_name());
    Subject ruled = programs.start(name);
    Subject other = programs.start(programs.unique_name());
    GuardDaemon daemon;

    explicit HoldTest(const std::string& settings = kQuietSettings) {
        for (Subject* subject : {&ruled, &other})
            subject->tell({"score", std::to_string(kOriginal)});
        daemon.write_settings(settings);
        daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
        daemon.start();
    }

    ManagerClient& client() { return daemon.client(); }
    static std::uint32_t bus_pid(pid_t pid) { return static_cast<std::uint32_t>(pid); }
    void hold(pid_t pid, int value) { client()->Hold(bus_pid(pid), value); }
    void hold_tree(pid_t pid, int value) { client()->HoldTree(bus_pid(pid), value); }
    void release(pid_t pid) { client()->Release(bus_pid(pid)); }

    std::string failure_of_hold(std::uint32_t pid, int value) {
        const std::string failure = failure_of([&] {
            client()->Hold(pid, value);
            return 0;
        });
        CHECK(failure_of([&] {
                  client()->HoldTree(pid, value);
                  return 0;
              }) == failure);
        return failure;
    }
    std::string failure_of_release(std::uint32_t pid) {
        return failure_of([&] {
            client()->Release(pid);
            return 0;
        });
    }
    [[nodiscard]] bool is_pinned(pid_t pid) const {
        std::string boot;
        std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
        return parse_ledger(daemon.tree().read("run/ledger"), boot).pins.contains(pid);
    }
};

inline const std::string kError = "org.oomguard1.Error.";

}  // namespace oomguard::test
