// SPDX-License-Identifier: MIT
#include <csignal>

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "access.hpp"
#include "support/catch.hpp"
#include "support/polkit_stand_in.hpp"

// How polkit is asked, and what becomes of each answer.
namespace oomguard::test {
namespace {

using Manner = PolkitStandIn::Manner;

const std::string kHold = refused("Hold", "org.oomguard1.hold");

/// A call by nobody that goes on while the test does. Its end: 0 done, 1 refused. What it fails
/// with is written to `told`.
Child call_in_background(const std::string& address, const MethodCall& call,
                         int told = STDERR_FILENO) {
    return detail::fork_running([&] {
        if (!become_nobody())
            return 124;
        ManagerClient client(address);
        const std::string failure = failure_as_root(client, call);
        (void)!::write(told, failure.data(), failure.size());
        return failure.empty() ? 0 : 1;
    });
}

/// Ends the process and starts another that has its pid, as far as can be told by that: a start
/// time is told in hundredths of a second.
Child replace(Subject& subject) {
    pid_t pid = subject.pid();
    const auto start = start_time(pid);
    subject.kill();
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uintptr_t>(&pid);
    arguments.set_tid_size = 1;
    for (;;) {
        const long result = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
        if (result == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                ::pause();
        }
        REQUIRE(result == pid);
        Child other(pid);
        if (start_time(pid) != start)
            return other;
    }
}

/// Nobody has called Hold, and polkit, which is asked, does not answer yet.
struct Unanswered {
    Unanswered() { REQUIRE(polkit.next_question() == "org.oomguard1.hold"); }

    struct Started : AccessTest {
        Started() { daemon.start(); }
    };
    Started t;
    PolkitStandIn polkit{t.address(), Manner::Waits};
    Child caller = call_in_background(t.address(), t.calls.at("Hold"));
};

}  // namespace

TEST_CASE("someone is asked for a password only if the call allows that") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    PolkitStandIn polkit(t.address(), Manner::NeedsPassword);
    CHECK(t.as_nobody("Hold") ==
          kHold +
              "user 'nobody' would have to give a password, and the call does not allow to ask for "
              "it; call with ALLOW_INTERACTIVE_AUTHORIZATION");
    CHECK(polkit.questions() == "org.oomguard1.hold\n");
    CHECK(t.is_unchanged());
    CHECK(t.as_nobody("Hold", Asking::Allowed) == "");
    CHECK(polkit.questions() == "org.oomguard1.hold may ask\n");
    CHECK(read_score(t.subject.pid()) == 500);
}

TEST_CASE("a password that is not given, or an error of polkit's, changes nothing") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    {
        const PolkitStandIn polkit(t.address(), Manner::NeverProven);
        CHECK(t.as_nobody("Hold", Asking::Allowed) ==
              kHold +
                  "user 'nobody' would have to give a password, and did not, or there is nobody to "
                  "ask for it; in a terminal, run pkttyagent");
    }
    const PolkitStandIn polkit(t.address(), Manner::Fails);
    CHECK(t.as_nobody("Hold") ==
          kHold + "polkit cannot tell; see: journalctl -u polkit (no such action)");
    CHECK(t.daemon.logged("warning: Hold is refused to user 'nobody': polkit cannot tell").size() ==
          1);
    CHECK(t.is_unchanged());
}

TEST_CASE("while polkit has not answered others are served, and then it is done") {
    if (!is_root())
        return;
    Unanswered unanswered;
    auto& [t, polkit, caller] = unanswered;
    CHECK(t.daemon.client()->Reload() == 2);
    CHECK(t.as_nobody("ListProcesses") == "");
    CHECK_FALSE(t.daemon.client().process(t.subject.pid()));
    polkit.let_go();
    CHECK(caller.wait() == 0);
    CHECK(read_score(t.subject.pid()) == 500);
}

TEST_CASE("what polkit grants is not done to a process that has got the pid meanwhile") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    REQUIRE(t.as_root("Hold") == "");
    PolkitStandIn polkit(t.address(), Manner::Waits);
    Pipe told = make_pipe();
    std::vector<Child> callers;
    const std::vector<std::string> methods = {"Hold", "HoldTree", "Release"};
    for (const auto& method : methods) {
        callers.push_back(
            call_in_background(t.address(), t.calls.at(method), told.write_end.get()));
        REQUIRE(polkit.next_question() == "org.oomguard1.hold");
    }
    const Child stranger = replace(t.subject);
    const auto score = read_score(stranger.pid());
    polkit.let_go();
    for (Child& caller : callers)
        CHECK(caller.wait() == 1);
    // The stranger has the other end too.
    (void)::fcntl(told.read_end.get(), F_SETFL, O_NONBLOCK);
    std::string failures(4096, '\0');
    const ssize_t size = ::read(told.read_end.get(), failures.data(), failures.size());
    failures.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    const std::string failure =
        "org.oomguard1.Error.NoSuchProcess: no process with pid " + std::to_string(stranger.pid()) +
        ": it has ended while polkit was asked, or was not there before; look its pid up again";
    CHECK(failures == failure + failure + failure);
    CHECK(read_score(stranger.pid()) == score);
    const auto held = t.daemon.client().process(stranger.pid());
    CHECK_FALSE((held && held->start_time == start_time(stranger.pid())));
}

TEST_CASE("for a caller who has gone while polkit was asked nothing is done") {
    if (!is_root())
        return;
    Unanswered unanswered;
    auto& [t, polkit, caller] = unanswered;
    caller.reap();
    polkit.let_go();
    CHECK(t.daemon.wait_for_log(
        "polkit has granted Hold to user 'nobody', who has gone: nothing is done: "));
    CHECK(t.is_unchanged());
}

TEST_CASE("a polkit that does not answer in time is told of, and called off") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    PolkitStandIn polkit(t.address(), Manner::Waits);
    const std::string failure = t.as_nobody("Hold");
    CHECK(failure.starts_with(kHold + "polkit does not answer; see: systemctl status polkit ("));
    CHECK(polkit.next_question() == "org.oomguard1.hold");
    CHECK(polkit.next_question() == "cancelled");
    CHECK(t.daemon.logged("polkit does not answer").size() == 1);
    CHECK(t.is_unchanged());
}

TEST_CASE("a user has four calls waiting for polkit, and no more") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    PolkitStandIn polkit(t.address(), Manner::Waits);
    std::vector<Child> callers;
    for (int count = 0; count < 4; ++count) {
        callers.push_back(call_in_background(t.address(), t.calls.at("Hold")));
        REQUIRE(polkit.next_question() == "org.oomguard1.hold");
    }
    CHECK(t.as_nobody("Reload") ==
          "org.oomguard1.Error.LimitsExceeded: 4 calls of user 65534 wait for polkit already; "
          "answer its questions first");
    polkit.let_go();
    for (Child& caller : callers)
        CHECK(caller.wait() == 0);
    CHECK(polkit.questions() == "");
}

}  // namespace oomguard::test
