// SPDX-License-Identifier: MIT
#include <chrono>

#include "access.hpp"
#include "support/catch.hpp"
#include "support/polkit_stand_in.hpp"
#include "support/usage.hpp"

// No user can keep the guard from its work by calling it.
namespace oomguard::test {
namespace {

const std::string kLimits = "org.oomguard1.Error.LimitsExceeded: ";

}  // namespace

TEST_CASE("a user who asks without end is told to ask less, and root is answered all the same") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    const std::string failure = failure_as_nobody(t.address(), [](ManagerClient& client) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (std::chrono::steady_clock::now() < end)
            client->Rank(0);
    });
    CHECK(failure ==
          kLimits +
              "user 65534 has to wait: users may take a tenth of oom-guardd's time each, and "
              "three together; ask less often, or as root");
    CHECK(t.as_root("Rank") == "");
}

TEST_CASE("a user has 256 processes held by Hold, and no more until one is released") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    const PolkitStandIn polkit(t.address(), PolkitStandIn::Manner::Grants);
    std::vector<Child> processes;
    for (int count = 0; count < 257; ++count)
        processes.push_back(fork_child());
    const auto pid_of = [](const Child& child) { return static_cast<std::uint32_t>(child.pid()); };
    // In several rounds: what a user asks is limited otherwise too.
    for (const Child& process : processes) {
        if (&process == &processes.back())
            break;
        std::string failure;
        REQUIRE(eventually([&] {
            failure = failure_as_nobody(
                t.address(), [&](ManagerClient& client) { client->Hold(pid_of(process), 500); });
            return failure.find("has to wait") == std::string::npos;
        }));
        REQUIRE(failure == "");
    }
    const MethodCall one_more = [&](ManagerClient& client) {
        client->Hold(pid_of(processes.back()), 500);
    };
    CHECK(failure_as_nobody(t.address(), one_more) ==
          kLimits +
              "Hold has 256 processes of user 'nobody' already, the most that one user may have; "
              "Release some, or write a rule, which can mean any number");
    t.daemon.client()->Release(pid_of(processes.front()));
    CHECK(failure_as_nobody(t.address(), one_more) == "");
    CHECK(failure_as_root(t.daemon.client(), [&](ManagerClient& client) {
              client->Hold(pid_of(processes.front()), 500);
          }) == "");
}

TEST_CASE("a path as long as a message can be is no cgroup's, and its memory is given back") {
    if (!is_root())
        return;
    AccessTest t;
    // The sanitizer's allocator would keep what is freed.
    t.daemon.extra_environment.emplace_back("ASAN_OPTIONS", "quarantine_size_mb=0");
    t.daemon.start();
    constexpr std::size_t kSize = 8U << 20U;
    const std::string path(kSize, 'x');
    const Usage usage(t.daemon.pid());
    const long before = usage.resident_kilobytes();
    for (int count = 0; count < 3; ++count)
        CHECK(failure_as_nobody(t.address(),
                                [&](ManagerClient& client) { client->RankCgroup(path, 1); }) ==
              "org.oomguard1.Error.NoSuchCgroup: a path of 8388608 bytes is no cgroup's; "
              "systemd-cgls shows which there are");
    CHECK(eventually(
        [&] { return usage.resident_kilobytes() < before + static_cast<long>(kSize / 2 / 1024); }));
}

}  // namespace oomguard::test
