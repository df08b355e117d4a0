// SPDX-License-Identifier: MIT
#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <pwd.h>
#include <unistd.h>

#include "command.hpp"
#include "interface.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/guard_daemon.hpp"
#include "support/launch.hpp"
#include "support/oomd_stand_in.hpp"
#include "support/temp_tree.hpp"

// systemd/org.oomguard1.conf on a dbus-daemon that is set up as the system bus is.
namespace oomguard::test {
namespace {

/// As in dbus' own system.conf: nobody may own a name or call anything, but what is allowed.
constexpr const char* kSystemPolicy = R"(
  <type>system</type>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow own="org.freedesktop.oom1"/>
  </policy>
)";

/// The policy as installed. Where the daemon's user does not exist its part is for root.
std::string policy_text() {
    std::string text = source_text("systemd/org.oomguard1.conf");
    const std::string user = "user=\"oom-guardd\"";
    const std::size_t at = text.find(user);
    REQUIRE(at != std::string::npos);
    if (::getpwnam("oom-guardd") == nullptr)
        text.replace(at, user.size(), "user=\"root\"");
    return text;
}

/// A bus with the policy, and the daemon on it.
class SystemBus {
  public:
    SystemBus() {
        tree_.write("policy.conf", policy_text());
        tree_.write("bus.conf", "<busconfig>\n<listen>" + address_ + "</listen>" + kSystemPolicy +
                                    "<include>" + tree_.path("policy.conf") +
                                    "</include>\n</busconfig>\n");
        std::filesystem::permissions(tree_.path(), std::filesystem::perms(0755));
        Pipe listening = make_pipe();
        const sys::UniqueFd log(
            ::open(tree_.path("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        bus_.emplace(
            launch({.arguments = {DBUS_DAEMON, "--config-file=" + tree_.path("bus.conf"),
                                  "--nofork", "--nopidfile", "--print-address=3"},
                    .descriptors = {{listening.write_end.get(), 3}, {log.get(), STDERR_FILENO}}}));
        listening.write_end = {};
        char byte = 0;
        REQUIRE(::read(listening.read_end.get(), &byte, 1) == 1);
        daemon_.bus_argument = address_;
        daemon_.start();
    }

    /// What busctl says to a call by that user.
    [[nodiscard]] GuardDaemon& daemon() { return daemon_; }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] Outcome call(const std::string& who, const std::string& call) const {
        const std::string as =
            who == "root" ? "" : "setpriv --reuid 65534 --regid 65534 --clear-groups ";
        return run(as + "busctl --address=" + address_ + " " + call);
    }

  private:
    TempTree tree_;
    std::string address_ = "unix:path=" + tree_.path("socket");
    std::optional<Child> bus_;
    GuardDaemon daemon_;
};

const std::string kObject = "org.oomguard1 /org/oomguard1 ";
const std::string kManager = "call " + kObject + "org.oomguard1.Manager ";
const std::string kProperties = "call " + kObject + "org.freedesktop.DBus.Properties ";

/// What anyone may do.
const std::vector<std::string>& reading() {
    static const std::vector<std::string> calls = {
        kManager + "ListProcesses",
        kManager + "GetProcess u 1",
        kManager + "ListRules",
        kManager + "Explain u 1",
        kManager + "ListEvents",
        kManager + "Rank u 1",
        kManager + "ListMemory",
        kManager + "RankCgroup su / 1",
        kManager + "ListKills",
        kProperties + "Get ss org.oomguard1.Manager Version",
        kProperties + "GetAll s org.oomguard1.Manager",
        "call " + kObject + "org.freedesktop.DBus.Introspectable Introspect",
        "call " + kObject + "org.freedesktop.DBus.Peer Ping",
    };
    return calls;
}

/// What changes something: the process in the end not.
std::vector<std::string> changing(pid_t pid) {
    const std::string id = std::to_string(pid);
    return {kManager + "Reload", kManager + "Rescan", kManager + "Hold ui " + id + " 500",
            kManager + "HoldTree ui " + id + " 500", kManager + "Release u " + id};
}

/// What nobody but root may as much as ask for.
const std::vector<std::string>& unlisted() {
    static const std::vector<std::string> calls = {
        kManager + "NoSuchMember",
        kProperties + "Set ssv org.oomguard1.Manager DryRun b true",
        "call " + kObject + "org.freedesktop.DBus.ObjectManager GetManagedObjects",
    };
    return calls;
}

std::set<std::string> method_names() {
    std::set<std::string> names;
    for (const Member& member :
         members_of(source_text("daemon/bus/org.oomguard1.xml"), "org.oomguard1.Manager")) {
        if (member.kind == "method")
            names.insert(member.name);
    }
    return names;
}

bool can_test() {
    if (::getuid() == 0 && is_program("busctl") && is_program("setpriv"))
        return true;
    WARN("skipped: needs root, busctl and setpriv");
    return false;
}

bool is_denied(const Outcome& outcome) {
    return outcome.status != 0 && outcome.output.find("Access denied") != std::string::npos;
}

}  // namespace

TEST_CASE("everyone may read") {
    if (!can_test())
        return;
    const SystemBus bus;
    for (const std::string who : {"nobody", "root"}) {
        for (const auto& call : reading()) {
            const auto done = bus.call(who, call);
            INFO(who << ": " << call << ": " << done.output);
            CHECK(done.status == 0);
        }
    }
}

TEST_CASE("what changes something comes through, and is refused by the daemon but for root") {
    if (!can_test())
        return;
    const SystemBus bus;
    const Child process = fork_child();
    for (const auto& call : changing(process.pid())) {
        const auto refused = bus.call("nobody", call);
        INFO(call << ": " << refused.output);
        CHECK(refused.status != 0);
        CHECK(refused.output.find(" is for root, and whom polkit grants ") != std::string::npos);
        CHECK(bus.call("root", call).status == 0);
    }
}

TEST_CASE("what is not listed does not come through") {
    if (!can_test())
        return;
    const SystemBus bus;
    for (const auto& call : unlisted()) {
        INFO(call);
        CHECK(is_denied(bus.call("nobody", call)));
    }
}

TEST_CASE("every method is tried by those who may call it and those who may not") {
    std::set<std::string> tried;
    auto calls = changing(1);
    calls.insert(calls.end(), reading().begin(), reading().end());
    for (const auto& call : calls) {
        if (call.starts_with(kManager))
            tried.insert(
                call.substr(kManager.size(), call.find(' ', kManager.size()) - kManager.size()));
    }
    CHECK(tried == method_names());
}

TEST_CASE("what systemd-oomd says that it has killed comes through") {
    if (!can_test())
        return;
    SystemBus bus;
    const std::string log = "source proc-connector works";
    REQUIRE(bus.daemon().wait_for_log(log));
    OomdStandIn oomd(bus.address());
    const Child process = fork_child();
    REQUIRE(::kill(process.pid(), SIGKILL) == 0);
    oomd.tell_killed("/", "memory-pressure");
    const std::string killed = "(pid " + std::to_string(process.pid()) + ")";
    CHECK(bus.daemon().wait_for_log(killed));
}

TEST_CASE("nobody else may take the name") {
    if (!can_test())
        return;
    const SystemBus bus;
    const std::string take =
        "call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus "
        "RequestName su org.oomguard1 0";
    CHECK(is_denied(bus.call("nobody", take)));
}

}  // namespace oomguard::test
