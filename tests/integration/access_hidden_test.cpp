// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/mount.h>

#include "access.hpp"
#include "daemon/bus/access.hpp"
#include "support/catch.hpp"
#include "support/namespaces.hpp"
#include "support/polkit_stand_in.hpp"

// A daemon on whose machine /proc is mounted with hidepid.
namespace oomguard::test {
namespace {

using daemon::Access;
using Manner = PolkitStandIn::Manner;

std::string refused_to_see(const std::string& method) {
    return kNotPermitted + "other users' processes are hidden in /proc (hidepid): " + method +
           " is for root, the group that sees them, and whom polkit grants "
           "org.oomguard1.see-processes: ";
}

/// With process namespaces of its own, in which it is process 1 as far as /proc can tell.
struct HiddenTest : AccessTest {
    explicit HiddenTest(const char* options) {
        daemon.namespaces = CLONE_NEWPID | CLONE_NEWNS;
        daemon.prepare = [options] {
            mount_own_proc();
            detail::must_not_fail(::mount("proc", "/proc", "proc", MS_REMOUNT, options),
                                  "mount /proc anew");
        };
        // The processes of the test are not in there: the daemon itself is.
        calls = calls_of_all_methods(1);
        daemon.start();
    }

    /// One process in there, and a rule that means it.
    Child hold_one() {
        daemon.write_rules("10-test.yaml", rule_text("all", "*", "600"));
        Child process = [&] {
            const BirthIn inside(daemon.pid());
            return fork_child();
        }();
        daemon.client()->Reload();
        return process;
    }
    /// counts_of() as nobody is told them.
    std::string counts_as_nobody() {
        const std::string text = failure_as_nobody(address(), [](ManagerClient& client) {
            throw sdbus::Error(daemon::compat::ErrorName{"a.Count"}, counts_of("all", client));
        });
        return text.substr(text.find(' ') + 1);
    }
    /// Of a rule: held, refused, matched.
    static std::string counts_of(const std::string& name, ManagerClient& client) {
        const auto rule = client.rule(name);
        REQUIRE(rule);
        return std::to_string(rule->held) + " " + std::to_string(rule->refused) + " " +
               std::to_string(rule->matches);
    }

    std::vector<std::string> reading() {
        std::vector<std::string> names;
        for (const Access& access : daemon::kAccess) {
            if (access.kind == Access::Kind::Processes)
                names.emplace_back(access.method);
        }
        return names;
    }
};

}  // namespace

TEST_CASE("where /proc hides processes users are told of none") {
    if (!is_root())
        return;
    for (const char* options :
         {"hidepid=1,gid=12345", "hidepid=2,gid=12345", "hidepid=ptraceable"}) {
        CAPTURE(options);
        HiddenTest t(options);
        const PolkitStandIn polkit(t.address(), Manner::Denies);
        for (const auto& method : t.reading()) {
            CAPTURE(method);
            CHECK(t.as_nobody(method) ==
                  refused_to_see(method) +
                      "it does not grant it to user 'nobody'; a rule in /etc/polkit-1/rules.d can");
            CHECK(t.as_root(method) == "");
        }
        CHECK(t.as_nobody("ListRules") == "");
    }
}

TEST_CASE("the group that /proc spares is told of all processes, and so is whom polkit grants it") {
    if (!is_root())
        return;
    {
        HiddenTest t("hidepid=2,gid=65534");
        for (const auto& method : t.reading()) {
            CAPTURE(method);
            CHECK(t.as_nobody(method) == "");
        }
    }
    HiddenTest t("hidepid=2");
    PolkitStandIn polkit(t.address(), Manner::Grants);
    for (const auto& method : t.reading()) {
        CAPTURE(method);
        CHECK(t.as_nobody(method) == "");
        CHECK(polkit.questions() == "org.oomguard1.see-processes\n");
    }
}

TEST_CASE("where /proc hides processes only those who may see them are told how many rules have") {
    if (!is_root())
        return;
    for (const auto& [options, counts] :
         {std::pair("hidepid=2,gid=12345", "0 0 0"), std::pair("hidepid=2,gid=65534", "1 0 1"),
          std::pair("hidepid=0", "1 0 1")}) {
        CAPTURE(options);
        HiddenTest t(options);
        const Child process = t.hold_one();
        CHECK(HiddenTest::counts_of("all", t.daemon.client()) == "1 0 1");
        CHECK(t.counts_as_nobody() == counts);
    }
}

TEST_CASE("a path that is too long to be a cgroup's is not kept while polkit is asked") {
    if (!is_root())
        return;
    HiddenTest t("hidepid=2");
    PolkitStandIn polkit(t.address(), Manner::Waits);
    const std::string path(4096, 'x');
    CHECK(failure_as_nobody(t.address(),
                            [&](ManagerClient& client) { client->RankCgroup(path, 1); }) ==
          "org.oomguard1.Error.NoSuchCgroup: a path of 4096 bytes is no cgroup's; "
          "systemd-cgls shows which there are");
    CHECK(polkit.questions() == "");
}

TEST_CASE("where /proc hides processes only those who may see them hear signals of them") {
    if (!is_root())
        return;
    HiddenTest t("hidepid=2");
    ManagerClient stranger(t.address());
    ManagerClient friendly(t.address());
    (void)friendly->ListEvents();
    const Child process = t.hold_one();
    CHECK(friendly.wait_for("ProcessHeld"));
    // The signals of one connection come in order: those of processes would have come before.
    CHECK(stranger.wait_for("RulesReloaded"));
    CHECK(stranger.count("ProcessHeld") == 0);
    CHECK(friendly.wait_for("RulesReloaded"));
}

}  // namespace oomguard::test
