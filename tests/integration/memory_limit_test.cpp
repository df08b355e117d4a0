// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>
#include <string>

#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"
#include "sys/capability.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kWhy =
    "; not at -1000, because its cgroup or one above has a memory.max, or it cannot be read: "
    "when a limit is reached and all below it are unkillable, the kernel tries to kill without end";

/// A program in a real cgroup whose memory.max is a file of the test's own: a file system is laid
/// over the cgroup, seen by this test and its daemon only. The memory controller may be in another
/// tree on the machine that the test runs on.
struct Limited {
    Limited() {
        if (!cgroup) {
            WARN("skipped: " << why_not);
            return;
        }
        subject.tell({"cgroup", cgroup->path()});
        is_mounted = ::unshare(CLONE_NEWNS) == 0 &&
                     ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     ::mount("tmpfs", cgroup->path().c_str(), "tmpfs", 0, nullptr) == 0;
        if (!is_mounted)
            WARN("skipped: nothing can be mounted here");
        daemon.write_rules("10-test.yaml", program_rule(name, -1000));
    }
    Limited(const Limited&) = delete;
    Limited& operator=(const Limited&) = delete;
    ~Limited() {
        if (is_mounted)
            ::umount(cgroup->path().c_str());
        subject.kill();
    }

    void set_limit(const std::string& text) const {
        std::ofstream(cgroup->path() + "/memory.max") << text << "\n";
    }
    [[nodiscard]] std::string who() const {
        return "'" + name + "' (pid " + std::to_string(subject.pid()) + ")";
    }
    int wanted() { return daemon.client().process(subject.pid()).value().wanted; }

    Programs programs;
    std::string name = programs.unique_name();
    std::string why_not;
    std::optional<TestCgroup> cgroup = TestCgroup::create(why_not);
    Subject subject = programs.start(name);
    GuardDaemon daemon;
    bool is_mounted = false;
};

TEST_CASE("A memory.max that is set or lifted decides between -999 and -1000, and that is told") {
    Limited limited;
    if (!limited.is_mounted)
        return;
    limited.set_limit("104857600");
    limited.daemon.extra_arguments = {"--dry-run"};
    limited.daemon.start();
    CHECK(limited.wanted() == -999);
    limited.set_limit("max");
    CHECK(limited.daemon.client()->Rescan() > 0);
    CHECK(limited.wanted() == -1000);
    limited.set_limit("104857600");
    CHECK(limited.daemon.client()->Rescan() > 0);
    CHECK(limited.wanted() == -999);
    const std::string to = "info: dry run: would set " + limited.who() + " to ";
    CHECK(limited.daemon.logged("would set") ==
          std::vector<std::string>{to + "-999, is 0, by rule 'test'" + kWhy,
                                   to + "-1000, is 0, by rule 'test'",
                                   to + "-999, is 0, by rule 'test'" + kWhy});
}

TEST_CASE("A process held at -999 instead of -1000 is told in the log and counted in the status") {
    if (!sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: a score cannot be lowered without CAP_SYS_RESOURCE");
        return;
    }
    Limited limited;
    if (!limited.is_mounted)
        return;
    limited.set_limit("104857600");
    limited.daemon.start();
    CHECK(read_score(limited.subject.pid()) == -999);
    CHECK(limited.daemon.logged("holding") ==
          std::vector<std::string>{"warning: holding " + limited.who() +
                                   " at -999, was 0, by rule 'test'" + kWhy});
    const std::string count =
        "1 process is held at -999 instead of -1000: a cgroup with a memory.max in which all are "
        "unkillable would hang";
    const auto degraded = limited.daemon.client()->Degraded();
    CHECK(std::count(degraded.begin(), degraded.end(),
                     count + "; lift the limit, or let the rule want -999") == 1);
    CHECK(limited.daemon.wait_for_status(count));
}

}  // namespace
}  // namespace oomguard::test
