// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

/// More events than the kernel keeps for an inotify instance, from calls that make one each, or
/// more: no two alike in a row, which would be one event.
void overflow_queue(const std::function<void()>& make_event) {
    long most = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    REQUIRE(most > 0);
    for (long made = 0; made <= most; ++made)
        make_event();
}

/// The daemon was told of a loss by this source, once or more.
void check_loss(GuardDaemon& daemon, const std::string& source) {
    CHECK(daemon.client()->Overruns() > 0);
    const auto lines = daemon.logged("lost events");
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.front() ==
          "warning: source " + source +
              " lost events, looking at every process: the inotify queue was full");
}

/// A cgroup of the test's own and those below it, removed with it.
class CgroupTree {
  public:
    explicit CgroupTree(TestCgroup top) : top_(std::move(top)) {}
    CgroupTree(const CgroupTree&) = delete;
    CgroupTree& operator=(const CgroupTree&) = delete;
    ~CgroupTree() {
        for (const auto& path : below_)
            (void)eventually([&] { return ::rmdir(path.c_str()) == 0 || errno != EBUSY; });
    }

    std::string make(const std::string& name) {
        below_.push_back(top_.path() + "/" + name);
        REQUIRE(::mkdir(below_.back().c_str(), 0755) == 0);
        return below_.back();
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return top_.path() + "/" + name;
    }
    /// What a rule says of those below.
    [[nodiscard]] std::string patterns() const {
        const std::string name = std::filesystem::path(top_.path()).filename();
        return R"(["/)" + name + R"(/*", "/**/)" + name + R"(/*"])";
    }

  private:
    TestCgroup top_;
    std::vector<std::string> below_;
};

TEST_CASE(
    "When cgroups come and go faster than it can follow, none is missed and new ones are watched") {
    std::string why_not;
    auto top = TestCgroup::create(why_not);
    if (!top) {
        WARN("skipped: " << why_not);
        return;
    }
    CgroupTree cgroups(std::move(*top));
    Programs programs;
    const auto name = programs.unique_name();
    Subject meanwhile = programs.start(name);
    Subject later = programs.start(name);
    GuardDaemon daemon;
    // Without a sweep of its own: it is the loss that makes it look at everything.
    daemon.write_settings(
        "sources: {proc_connector: false, cgroups: true, exec_doorbell: false, sweep: false}\n");
    daemon.write_rules(
        "10-test.yaml",
        rule_file(
            {rule("test", "{name: " + name + ", cgroup: " + cgroups.patterns() + "}", "300")}));
    daemon.start();
    daemon.send_signal(SIGSTOP);
    overflow_queue([&, churned = cgroups.path("churned"), is_there = false]() mutable {
        is_there = !is_there;
        REQUIRE((is_there ? ::mkdir(churned.c_str(), 0755) : ::rmdir(churned.c_str())) == 0);
    });
    (void)::rmdir(cgroups.path("churned").c_str());
    meanwhile.tell({"cgroup", cgroups.make("meanwhile")});
    const auto made = cgroups.make("later");
    daemon.send_signal(SIGCONT);
    CHECK(comes_to(meanwhile.pid(), 300));
    later.tell({"cgroup", made});
    CHECK(comes_to(later.pid(), 300));
    check_loss(daemon, "cgroups");
    CHECK(daemon.client().source("cgroups") == std::pair(true, std::string()));
    meanwhile.kill();
    later.kill();
}

TEST_CASE("When the exec doorbell rings more often than it can hear, it looks at every process") {
    Programs programs;
    const auto name = programs.unique_name();
    const auto path = programs.add(name);
    const auto other = programs.add(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_settings(
        "sources: {proc_connector: false, cgroups: false, exec_doorbell: true, sweep: false}\n");
    daemon.write_rules("10-test.yaml", rule_file({rule("test", "{exe: " + path + "}", "300")}));
    daemon.start();
    const auto sweeps = daemon.client()->Sweeps();
    daemon.send_signal(SIGSTOP);
    overflow_queue([&, turn = false]() mutable {
        turn = !turn;
        const sys::UniqueFd opened(::open((turn ? path : other).c_str(), O_RDONLY | O_CLOEXEC));
        REQUIRE(opened);
    });
    const Subject subject = programs.start(name);
    daemon.send_signal(SIGCONT);
    CHECK(comes_to(subject.pid(), 300));
    CHECK(eventually([&] { return daemon.client()->Sweeps() > sweeps; }));
    check_loss(daemon, "exec-doorbell");
}

TEST_CASE("An edit of the rules among more events than it can follow is in force") {
    Programs programs;
    const auto name = programs.unique_name();
    const Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings(
        "sources: {proc_connector: false, cgroups: false, exec_doorbell: false, sweep: false}\n");
    daemon.start();
    const auto loads = daemon.loads();
    daemon.send_signal(SIGSTOP);
    overflow_queue([&, file = daemon.rules_path("no-rules"), is_there = false]() mutable {
        is_there = !is_there;
        REQUIRE((is_there ? ::mkdir(file.c_str(), 0755) : ::rmdir(file.c_str())) == 0);
    });
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    daemon.send_signal(SIGCONT);
    REQUIRE(daemon.wait_for_load(loads));
    CHECK(comes_to(subject.pid(), 300));
    check_loss(daemon, "rule-files");
}

}  // namespace
}  // namespace oomguard::test
