// SPDX-License-Identifier: MIT
#include <set>
#include <string>

#include "rules.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/guard_daemon.hpp"
#include "support/programs.hpp"
#include "support/score.hpp"

namespace oomguard::test {
namespace {

/// The kernel threads of the machine: those that have the flag for it.
std::set<pid_t> kernel_threads() {
    constexpr unsigned kKernelThread = 0x0020'0000;  // PF_KTHREAD
    std::set<pid_t> pids;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "stat");
        std::string stat;
        if (!std::getline(file, stat, '\0') || stat.rfind(')') == std::string::npos)
            continue;
        unsigned flags = 0;
        std::string word;
        std::istringstream fields(stat.substr(stat.rfind(')') + 1));
        fields >> word >> word >> word >> word >> word >> word >> flags;
        if ((flags & kKernelThread) != 0)
            pids.insert(static_cast<pid_t>(std::stol(entry.path().filename().string())));
    }
    return pids;
}

// Never for real: a rule for every process of the machine is tried in a dry run only.
TEST_CASE("A rule for every process means no kernel thread, not PID 1 and not the daemon") {
    GuardDaemon daemon;
    daemon.extra_arguments = {"--dry-run"};
    daemon.write_rules("10-test.yaml", rule_file({rule("all", "{name: '*'}", "500")}));
    daemon.start();
    const auto threads = kernel_threads();
    if (threads.empty())
        WARN("no kernel threads are to be seen here: not checked");
    std::set<pid_t> listed;
    for (const auto& row : daemon.client().processes()) {
        listed.insert(row.pid);
        CHECK(row.state == (row.wanted == row.current ? "held" : "dry-run"));
    }
    CHECK(listed.contains(::getpid()));
    CHECK_FALSE(listed.contains(1));
    CHECK_FALSE(listed.contains(daemon.pid()));
    for (const pid_t thread : threads)
        CHECK_FALSE(listed.contains(thread));
    CHECK(daemon.client()->Written() == 0);
}

TEST_CASE("Processes in an exempt cgroup are left alone, and held when they leave it") {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (!cgroup) {
        WARN("skipped: " << why_not);
        return;
    }
    Programs programs;
    const auto name = programs.unique_name();
    Subject inside = programs.start(name);
    inside.tell({"cgroup", cgroup->path()});
    Subject outside = programs.start(name);
    GuardDaemon daemon;
    daemon.write_settings("sweep_interval: 200ms\nexempt_cgroups: " + cgroup->patterns() + "\n");
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    daemon.start();
    auto& client = daemon.client();
    CHECK(read_score(outside.pid()) == 300);
    CHECK(read_score(inside.pid()) == 0);
    CHECK_FALSE(client.process(inside.pid()));
    const auto details = client->GetProcess(static_cast<std::uint32_t>(inside.pid()));
    CHECK(details.at("State").get<std::string>() == "exempt");
    CHECK(details.at("Rule").get<std::string>() == "test");

    inside.tell({"cgroup", std::filesystem::path(cgroup->path()).parent_path()});
    CHECK(comes_to(inside.pid(), 300));

    outside.tell({"score", "300"});
    outside.tell({"cgroup", cgroup->path()});
    CHECK(comes_to(outside.pid(), 0));
    const auto told = client.wait_for("ProcessReleased", outside.pid());
    REQUIRE(told);
    CHECK(told->text == "exempt");
    CHECK(told->value == 0);
}

TEST_CASE("Without a rule that means it no process is written to") {
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    Subject other = programs.start(programs.unique_name());
    other.tell({"score", "123"});
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", program_rule("og-no-such-program", 300));
    daemon.start();
    CHECK(daemon.client()->Rescan() > 0);
    CHECK(daemon.client()->Written() == 0);
    CHECK(read_score(subject.pid()) == 0);
    CHECK(read_score(other.pid()) == 123);
}

}  // namespace
}  // namespace oomguard::test
