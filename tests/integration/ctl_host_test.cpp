// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>

#include "bus.hpp"
#include "nobody.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "support/polkit_stand_in.hpp"

namespace oomguard::test {
namespace {

/// A script called ssh, which is found first.
struct HostTest {
    GuardDaemon daemon;
    Ctl ctl{daemon};
    TempTree tree;

    explicit HostTest(const std::string& script) {
        daemon.write_settings(kQuietSettings);
        tree.write("bin/ssh", "#!/bin/sh\n" + script);
        std::filesystem::permissions(tree.path("bin/ssh"), std::filesystem::perms(0755));
        ctl.environment.emplace_back("PATH", tree.path("bin") + ":/usr/bin:/bin");
    }
};

TEST_CASE("With --host it asks the daemon of another machine, through ssh and systemd's bridge") {
    if (std::system("command -v systemd-stdio-bridge > /dev/null") != 0) {
        WARN("skipped: systemd-stdio-bridge is not installed");
        return;
    }
    HostTest test(
        "echo \"$@\" > \"${0%/*}/../arguments\"\n"
        "exec systemd-stdio-bridge --bus-path=\"$FAR_BUS\"\n");
    test.daemon.start();
    test.ctl.environment.emplace_back("FAR_BUS", test.daemon.bus().address());
    // Nothing but the bridge leads there.
    test.ctl.environment.emplace_back("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere");
    const auto ended = test.ctl.run({"-H", "alice@far", "reload"});
    CHECK(ended.err.empty());
    CHECK(ended.out == "Loaded 0 rules, generation 2.\n");
    CHECK(ended.status == 0);
    CHECK(test.tree.read("arguments") == "-xT -- alice@far systemd-stdio-bridge\n");
    CHECK(test.ctl.run({"list", "--host=far", "--no-legend"}).status == 0);

    const auto run = test.ctl.run({"--host", "far", "run", "--", "echo", "started"});
    CHECK(run.out.empty());
    CHECK(run.err ==
          "oom-guardctl: run starts a command on this machine; leave out --host, or use ssh\n");
    CHECK(run.status == 1);
}

/// Asks the daemon of another machine, as nobody there.
CtlRun asked_far(HostTest& test, const std::string& host, const std::vector<std::string>& command) {
    test.ctl.environment.emplace_back("FAR_BUS", test.daemon.bus().address());
    std::vector<std::string> arguments = {"--host", host};
    arguments.insert(arguments.end(), command.begin(), command.end());
    return test.ctl.run(arguments);
}

TEST_CASE("with --host the advice is about that machine") {
    if (!is_root() || std::system("command -v systemd-stdio-bridge setpriv > /dev/null") != 0) {
        WARN("skipped: it takes root, systemd-stdio-bridge and setpriv");
        return;
    }
    HostTest test(
        "exec setpriv --reuid=65534 --regid=65534 --clear-groups "
        "systemd-stdio-bridge --bus-path=\"$FAR_BUS\"\n");
    CHECK(asked_far(test, "alice@far", {"list"}).err ==
          "oom-guardctl: oom-guardd is not running, or has only just started; start it with: "
          "systemctl -H alice@far start oom-guardd\n");
    test.daemon.start();
    const PolkitStandIn polkit(test.daemon.bus().address(), PolkitStandIn::Manner::Denies);
    const std::string refusal =
        "oom-guardctl: Reload is for root, and whom polkit grants org.oomguard1.reload: it does "
        "not "
        "grant it to user 'nobody'; a rule in /etc/polkit-1/rules.d can";
    for (const std::string host : {"far", "alice@far"})
        CHECK(asked_far(test, host, {"reload"}).err ==
              refusal + "; try it as root, with -H root@far\n");
    CHECK(asked_far(test, "root@far", {"reload"}).err == refusal + "\n");
}

TEST_CASE("a machine that cannot be reached is named, with what to try") {
    HostTest test("exit 255\n");
    const auto ended = test.ctl.run({"--host", "far", "list"});
    CHECK(ended.out.empty());
    CHECK(ended.err.starts_with("oom-guardctl: cannot reach the system bus of far over ssh: "));
    CHECK(ended.err.ends_with("; try: ssh far true\n"));
    CHECK(ended.status == 1);
}

}  // namespace
}  // namespace oomguard::test
