// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bitset>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"
#include "sys/capability.hpp"
#include "sys/file.hpp"

namespace oomguard::test {
namespace {

const std::string kByUser = rule_file({rule("user", "{user: daemon}", "300")});

/// In the permitted set of a process, as /proc/PID/status has it.
bool has_capability(pid_t pid, unsigned capability) {
    constexpr std::size_t kLargest = 8192;
    const auto status =
        sys::read_at(AT_FDCWD, "/proc/" + std::to_string(pid) + "/status", kLargest);
    REQUIRE(status);
    const std::string key = "\nCapPrm:\t";
    const std::size_t at = status->find(key);
    REQUIRE(at != std::string::npos);
    return std::bitset<64>(std::stoull(status->substr(at + key.size(), 16), nullptr, 16))
        .test(capability);
}

bool is_degraded(GuardDaemon& daemon, const std::string& text) {
    const auto degraded = daemon.client()->Degraded();
    return std::find(degraded.begin(), degraded.end(), text) != degraded.end();
}

/// Capabilities that this test has, to see whether the daemon gives them up.
bool has_any_to_give_up() {
    if (sys::may_use(CAP_SYS_PTRACE) && sys::may_use(CAP_NET_ADMIN))
        return true;
    WARN("skipped: it takes CAP_SYS_PTRACE and CAP_NET_ADMIN to see that they are given up");
    return false;
}

TEST_CASE(
    "Without a rule that looks at executables CAP_SYS_PTRACE is given up, and told when missed") {
    if (!has_any_to_give_up())
        return;
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", kByUser);
    daemon.start();
    CHECK_FALSE(has_capability(daemon.pid(), CAP_SYS_PTRACE));
    const std::string missed =
        "rules with 'exe', 'name', 'parent' or 'ancestor' do not know the executables of other "
        "users' processes: CAP_SYS_PTRACE was given up while no rule needed it; run systemctl "
        "restart oom-guardd";
    CHECK_FALSE(is_degraded(daemon, missed));

    const auto loads = daemon.loads();
    daemon.write_rules("10-test.yaml", program_rule("none-such", 300));
    REQUIRE(daemon.wait_for_load(loads));
    CHECK(is_degraded(daemon, missed));
    daemon.restart();
    CHECK(has_capability(daemon.pid(), CAP_SYS_PTRACE));
    CHECK_FALSE(is_degraded(daemon, missed));
}

TEST_CASE("Each key that looks at executables keeps CAP_SYS_PTRACE, also in an exception") {
    if (!has_any_to_give_up())
        return;
    const std::string match = GENERATE(as<std::string>{}, "{name: x}", "{exe: /x}", "{parent: x}",
                                       "{ancestor: x}", "{user: daemon}");
    const std::string except = match == "{user: daemon}" ? "except: {exe: /x}" : "";
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", rule_file({rule("test", match, "300", except)}));
    daemon.start();
    CAPTURE(match);
    CHECK(has_capability(daemon.pid(), CAP_SYS_PTRACE));
}

TEST_CASE("CAP_SYS_PTRACE is kept where /proc hides processes without it, and not from a group") {
    if (!has_any_to_give_up())
        return;
    // The daemon's group here is root's, as by its unit; without gid= that is whom /proc spares.
    const auto [options, is_kept] = GENERATE(table<const char*, bool>(
        {{"hidepid=invisible,gid=65534", true}, {"hidepid=invisible", false}}));
    CAPTURE(options);
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", kByUser);
    daemon.namespaces = CLONE_NEWNS;
    daemon.prepare = [mounted = options] {
        if (::mount("none", "/proc", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("proc", "/proc", "proc", 0, mounted) != 0)
            ::_exit(1);
    };
    daemon.start();
    CHECK(has_capability(daemon.pid(), CAP_SYS_PTRACE) == is_kept);
}

TEST_CASE("Without the proc connector CAP_NET_ADMIN is given up, and told when missed") {
    if (!has_any_to_give_up())
        return;
    GuardDaemon daemon;
    daemon.write_settings("sources: {proc_connector: false}\n");
    daemon.start();
    CHECK_FALSE(has_capability(daemon.pid(), CAP_NET_ADMIN));
    const std::string missed =
        "the source proc-connector may lose events, or not work before Linux 6.6: CAP_NET_ADMIN "
        "was given up while it was off; run systemctl restart oom-guardd";
    CHECK_FALSE(is_degraded(daemon, missed));

    const auto loads = daemon.loads();
    daemon.write_settings("");
    REQUIRE(daemon.wait_for_load(loads));
    CHECK(is_degraded(daemon, missed));
    daemon.restart();
    CHECK(has_capability(daemon.pid(), CAP_NET_ADMIN));
    CHECK_FALSE(is_degraded(daemon, missed));
}

}  // namespace
}  // namespace oomguard::test
