// SPDX-License-Identifier: MIT
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <linux/filter.h>
#include <sys/socket.h>

#include "storm.hpp"
#include "support/namespaces.hpp"
#include "support/usage.hpp"

namespace oomguard::test {
namespace {

/// While this lives, the daemon's proc connector gets nothing, and the kernel says nothing of it:
/// as when it has no memory for an event.
class Silence {
  public:
    explicit Silence(pid_t daemon) : connector_(connector_of(daemon)) {
        sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
        const sock_fprog program{1, &nothing};
        if (::setsockopt(connector_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                         sizeof(program)) != 0)
            throw std::system_error(errno, std::generic_category(), "SO_ATTACH_FILTER");
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        const int unused = 0;
        (void)::setsockopt(connector_.get(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
    }

  private:
    sys::UniqueFd connector_;
};

TEST_CASE("A gap in the sequence of events is a loss like any other, and nobody is missed") {
    Storm storm(kConnectorOnly);
    if (!storm.start_with_connector())
        return;
    std::vector<Subject> missed;
    {
        const Silence silence(storm.daemon.pid());
        // Each runs when it is listed: what the kernel had to tell of it is told.
        for (int count = 0; count < 5; ++count)
            missed.push_back(storm.programs.start(storm.name));
    }
    for (const auto& subject : missed)
        storm.survivors.push_back(subject.pid());
    // The gap shows with the next event of the same processor.
    CHECK(eventually([&] {
        storm.forking.tell({"storm", "10"});
        return storm.daemon.client()->Overruns() > 0;
    }));
    storm.check_survivors();
    CHECK(storm.daemon.logged("a gap in the sequence") ==
          std::vector<std::string>{"warning: source proc-connector lost events, looking at every "
                                   "process: a gap in the sequence of events"});

    // It has subscribed again.
    storm.start_one();
    storm.check_survivors();
    CHECK(storm.daemon.client().source("proc-connector") == std::pair(true, std::string()));
}

TEST_CASE("Where the kernel never acknowledges, the connector says why and others find processes") {
    if (::geteuid() != 0) {
        WARN("skipped: only root can make a pid namespace");
        return;
    }
    Programs programs;
    const auto name = programs.unique_name();
    GuardDaemon daemon;
    daemon.namespaces = CLONE_NEWPID | CLONE_NEWNS;
    daemon.prepare = mount_own_proc;
    daemon.write_settings("sources: {sweep: false}\n");
    daemon.write_rules("10-test.yaml", program_rule(name, 300));
    daemon.start();
    const std::string why =
        "the kernel does not acknowledge the subscription: it does so only in the initial network, "
        "user and pid namespaces, and if built with CONFIG_PROC_EVENTS";
    using State = std::pair<bool, std::string>;
    auto& client = daemon.client();
    CHECK(eventually([&] { return client.source("proc-connector") == State(false, why); }));
    CHECK(client.source("exec-doorbell") == State(true, ""));
    CHECK(client.source("rule-files") == State(true, ""));
    CHECK(daemon.wait_for_log("source proc-connector does not work"));
    CHECK(
        daemon.logged("source proc-connector") ==
        std::vector<std::string>{"warning: degraded: source proc-connector does not work: " + why});

    const BirthIn birth(daemon.pid());
    const Subject subject = programs.start(name);
    CHECK(comes_to(subject.pid(), 300));
}

/// True once it rests: from a sweep to the next but one it slept most of the time. It may take some
/// tries, since others on this machine make events too.
bool comes_to_rest(GuardDaemon& daemon) {
    const Usage usage(daemon.pid());
    const auto is_at_rest = [&] {
        const auto sweeps = daemon.client()->Sweeps();
        const auto before = usage.times();
        const auto begin = std::chrono::steady_clock::now();
        if (!eventually([&] { return daemon.client()->Sweeps() > sweeps + 1; }))
            return false;
        const auto taken = std::chrono::steady_clock::now() - begin;
        const auto after = usage.times();
        // A machine with much to do keeps it from running, not from wanting to.
        return (after.run - before.run) * 2 < taken - (after.waited - before.waited);
    };
    return eventually(is_at_rest, std::chrono::seconds(60));
}

TEST_CASE("Storm after storm the daemon needs no more memory and descriptors, and then it rests") {
    Storm storm(
        "sweep_interval: 1s\n"
        "sources: {proc_connector: true, cgroups: false, exec_doorbell: false}\n");
    // With a sanitizer, what is freed is kept: little of it here.
    storm.daemon.extra_environment = {{"ASAN_OPTIONS", "quarantine_size_mb=1"}};
    if (!storm.start_with_connector())
        return;
    const Usage usage(storm.daemon.pid());
    const auto descriptors = usage.descriptors();
    const auto pass_storm = [&] {
        const auto overruns = storm.daemon.client()->Overruns();
        storm.daemon.send_signal(SIGSTOP);
        storm.overwhelm(5'000, 0, 1);
        storm.daemon.send_signal(SIGCONT);
        CHECK(eventually([&] {
            return storm.daemon.client()->Overruns() > overruns &&
                   drops_of(storm.daemon.pid()) == 0;
        }));
    };
    pass_storm();
    pass_storm();
    const long resident = usage.resident_kilobytes();
    REQUIRE(resident > 0);
    for (int storms = 2; storms < 6; ++storms)
        pass_storm();
    storm.check_survivors();
    CHECK(usage.resident_kilobytes() < resident + 4096);
    CHECK(comes_to_rest(storm.daemon));
    // Now and then it has one of /proc for a moment.
    CHECK(eventually([&] { return usage.descriptors() <= descriptors; }));
}

}  // namespace
}  // namespace oomguard::test
