// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/guard_daemon.hpp"
#include "support/namespaces.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

using State = std::pair<bool, std::string>;

/// False, said as a warning, where the test may not make a user namespace.
bool can_limit() {
    const bool can = run_in_child([] {
                         become_root_of_own_namespace();
                         set_own_limit("max_inotify_watches", 1);
                         return 0;
                     }) == 0;
    if (!can)
        WARN("skipped, a user namespace with a limit of its own cannot be made here");
    return can;
}

/// The daemon will be in a user namespace of its own, in which the limit of that name is so much.
void limit(GuardDaemon& daemon, const std::string& name, int value) {
    daemon.prepare = [name, value] {
        become_root_of_own_namespace();
        set_own_limit(name, value);
    };
}

TEST_CASE("Where watches run out the cgroups say it, and leave some for the other sources") {
    if (!can_limit())
        return;
    std::string why_not;
    std::vector<TestCgroup> cgroups;
    for (int count = 0; count < 50; ++count) {
        auto cgroup = TestCgroup::create(why_not);
        if (!cgroup) {
            WARN("skipped: " << why_not);
            return;
        }
        cgroups.push_back(std::move(*cgroup));
    }
    Programs programs;
    const auto name = programs.unique_name();
    GuardDaemon daemon;
    limit(daemon, "max_inotify_watches", 64);
    daemon.write_settings("sources: {proc_connector: false, sweep: false}\n");
    daemon.start();
    auto& client = daemon.client();
    const auto [works, reason] = client.source("cgroups");
    CHECK(works);
    CHECK(reason.starts_with("watch /"));
    // Which one was the first too many is not known.
    CHECK(reason.substr(std::min(reason.find(": "), reason.size())) ==
          ": No space left on device; raise fs.inotify.max_user_watches, only 17 cgroups are "
          "watched");
    CHECK(daemon.logged("degraded: source cgroups") ==
          std::vector<std::string>{"warning: degraded: source cgroups works in part: " + reason});
    CHECK(client.source("rule-files") == State(true, ""));

    const auto loads = daemon.loads();
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    REQUIRE(daemon.wait_for_load(loads));
    CHECK(client.source("exec-doorbell") == State(true, ""));
    const Subject subject = programs.start(name);
    CHECK(comes_to(subject.pid(), 300));
}

TEST_CASE("Where no watch is to be had every source says what to do, and the sweep finds") {
    if (!can_limit())
        return;
    Programs programs;
    const auto name = programs.unique_name();
    GuardDaemon daemon;
    limit(daemon, "max_inotify_watches", 0);
    daemon.write_settings(
        "sweep_interval_without_events: 200ms\nsources: {proc_connector: false}\n");
    daemon.start();
    auto& client = daemon.client();
    const std::string why = ": No space left on device; raise fs.inotify.max_user_watches";
    CHECK(client.source("rule-files") == State(false, "watch " + daemon.tree().path() + why));
    const auto mount = sys::find_cgroup_mount();
    CHECK(client.source("cgroups") ==
          State(false, mount ? "watch " + *mount + why + ", only 0 cgroups are watched"
                             : mount.error().message()));
    // Of what it listens to it names one.
    const auto [rings, why_not] = client.source("exec-doorbell");
    CHECK_FALSE(rings);
    CHECK(why_not.ends_with(why));

    // Rules load all the same.
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    CHECK(client->Reload() > 0);
    const Subject subject = programs.start(name);
    CHECK(comes_to(subject.pid(), 300));
}

TEST_CASE("Where no inotify instance is to be had the source says what to do, until there is one") {
    if (!can_limit())
        return;
    GuardDaemon daemon;
    limit(daemon, "max_inotify_instances", 0);
    daemon.write_settings("sources: {proc_connector: false}\n");
    daemon.start();
    auto& client = daemon.client();
    const State failed(false,
                       "create inotify instance: Too many open files; raise "
                       "fs.inotify.max_user_instances");
    CHECK(client.source("rule-files") == failed);
    CHECK(client.source("cgroups") == failed);
    CHECK(client.source("exec-doorbell") == failed);

    REQUIRE(run_in_child([&] {
                enter_user_namespace(daemon.pid());
                set_own_limit("max_inotify_instances", 10);
                return 0;
            }) == 0);
    CHECK(client->Reload() > 0);
    CHECK(client.source("rule-files") == State(true, ""));
    CHECK(client.source("exec-doorbell") == State(true, ""));
}

}  // namespace
}  // namespace oomguard::test
