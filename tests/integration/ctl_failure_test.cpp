// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "support/polkit_stand_in.hpp"

namespace oomguard::test {
namespace {

/// A daemon that runs, and command lines that print something.
struct Printing {
    GuardDaemon daemon;
    Ctl ctl{daemon};
    std::vector<std::vector<std::string>> commands;

    Printing() {
        daemon.write_settings(kQuietSettings);
        daemon.write_rules("10-test.yaml", rule_text("keep", Programs().unique_name(), "345"));
        daemon.start();
        const std::string file = daemon.rules_path("10-test.yaml");
        const std::string settings = daemon.settings_path();
        commands = {{"list"},
                    {"rules"},
                    {"status"},
                    {"explain", "1"},
                    {"rank"},
                    {"check", "--no-processes", "--config", settings, file},
                    {"test", "--alone", "--config", settings, file},
                    {"kills"},
                    {"list", "--json"},
                    {"status", "--json"},
                    {"reload"},
                    {"rescan"},
                    {"complete-words", "processes"},
                    {"--help"},
                    {"rank", "--help"},
                    {"--version"}};
    }
};

TEST_CASE("output that cannot be written is a failure") {
    const Printing printing;
    const sys::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    for (const auto& arguments : printing.commands) {
        CAPTURE(arguments);
        const TempTree tree{{"err", ""}};
        const sys::UniqueFd err(::open(tree.path("err").c_str(), O_WRONLY | O_CLOEXEC));
        Child child = printing.ctl.start(arguments,
                                         {{full.get(), STDOUT_FILENO}, {err.get(), STDERR_FILENO}});
        CHECK(child.wait() == 1);
        CHECK(tree.read("err") == "oom-guardctl: cannot write: No space left on device\n");
    }
}

TEST_CASE("output that nobody reads ends a command quietly") {
    Printing printing;
    Ctl& ctl = printing.ctl;
    for (const bool is_ignored : {false, true}) {
        ctl.prepare = [is_ignored] { (void)::signal(SIGPIPE, is_ignored ? SIG_IGN : SIG_DFL); };
        for (const auto& arguments : printing.commands) {
            CAPTURE(arguments, is_ignored);
            Pipe out = make_pipe();
            out.read_end = {};
            const TempTree tree{{"err", ""}};
            const sys::UniqueFd err(::open(tree.path("err").c_str(), O_WRONLY | O_CLOEXEC));
            Child child = ctl.start(
                arguments, {{out.write_end.get(), STDOUT_FILENO}, {err.get(), STDERR_FILENO}});
            // As head(1) leaves any other program.
            CHECK(child.wait() == (is_ignored ? 0 : -SIGPIPE));
            CHECK(tree.read("err") == "");
        }
    }
}

TEST_CASE("messages that cannot be written change nothing about the exit code") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    const Ctl ctl(daemon);
    const sys::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    const auto status_of = [&](const std::vector<std::string>& arguments) {
        return ctl.start(arguments, {{full.get(), STDERR_FILENO}}).wait();
    };
    CHECK(status_of({"list"}) == 3);
    daemon.start();
    CHECK(status_of({"explain", "no such program"}) == 4);
    CHECK(status_of({"run", "--adj", "300", "--", "/nowhere/program"}) == 127);
}

/// A run as a user who may change nothing.
Ctl as_nobody(GuardDaemon& daemon) {
    Ctl ctl(daemon);
    ctl.prepare = [] {
        constexpr uid_t kNobody = 65534;
        if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
            ::setresuid(kNobody, kNobody, kNobody) != 0)
            ::_exit(124);
    };
    return ctl;
}

TEST_CASE("what is for root is refused to others, who are told to use sudo, and may look") {
    if (::getuid() != 0) {
        WARN("skipped: only root can become another user");
        return;
    }
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const Ctl ctl = as_nobody(daemon);
    const std::string pid = std::to_string(subject.pid());
    struct Row {
        std::vector<std::string> arguments;
        const char* method;
        const char* action;
    };
    const PolkitStandIn polkit(daemon.bus().address(), PolkitStandIn::Manner::Denies);
    for (const auto& [arguments, method, action] :
         {Row{{"hold", pid, "300"}, "Hold", "hold"},
          Row{{"hold", "--tree", pid, "300"}, "HoldTree", "hold"},
          Row{{"release", pid}, "Release", "hold"},
          Row{{"run", "--", "echo", "started"}, "HoldTree", "hold"},
          Row{{"reload"}, "Reload", "reload"}, Row{{"rescan"}, "Rescan", "rescan"}}) {
        CAPTURE(arguments);
        const auto ended = ctl.run(arguments);
        CHECK(ended.out.empty());
        CHECK(ended.err == std::string("oom-guardctl: ") + method +
                               " is for root, and whom polkit grants org.oomguard1." + action +
                               ": it does not grant it to user 'nobody'; a rule in "
                               "/etc/polkit-1/rules.d can; try it as root, with sudo\n");
        CHECK(ended.status == 1);
    }
    CHECK(read_score(subject.pid()) == read_score(::getpid()));
    CHECK(ctl.run({"list"}).status == 0);
    CHECK(ctl.run({"status"}).status == 0);
}

TEST_CASE("whom polkit grants it may change something, and is asked for a password if need be") {
    if (::getuid() != 0) {
        WARN("skipped: only root can become another user");
        return;
    }
    Programs programs;
    Subject subject = programs.start(programs.unique_name());
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const PolkitStandIn polkit(daemon.bus().address(), PolkitStandIn::Manner::NeedsPassword);
    const Ctl ctl = as_nobody(daemon);
    const std::string pid = std::to_string(subject.pid());
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"hold", pid, "300"}, {"release", pid}, {"reload"}, {"rescan"}}) {
        CAPTURE(arguments);
        const auto ended = ctl.run(arguments);
        CHECK(ended.err == "");
        CHECK(ended.status == 0);
    }
    // What nobody may do is not to be tried as root.
    CHECK(ctl.run({"hold", "1", "300"}).err ==
          "oom-guardctl: process 1 is never touched, and the kernel never kills it; hold another "
          "process\n");
}

TEST_CASE(
    "a daemon that is killed while it is asked has gone away, and one that stands still has not") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    const Ctl ctl(daemon);
    daemon.send_signal(SIGSTOP);
    CtlInBackground patient(ctl, {"list", "--no-legend"});
    daemon.send_signal(SIGCONT);
    CHECK(patient.wait().status == 0);

    daemon.send_signal(SIGSTOP);
    CtlInBackground list(ctl, {"list"});
    daemon.kill9();
    const auto ended = list.wait();
    CHECK(ended.out.empty());
    // It may have come too late even to ask.
    const bool is_told = ended.err.starts_with(
                             "oom-guardctl: oom-guardd has gone away, or does "
                             "not answer (") ||
                         ended.err.starts_with("oom-guardctl: oom-guardd is not running, or ");
    CHECK(is_told);
    CHECK(ended.status == 3);
}

TEST_CASE("a command line that is wrong is a failure, and says how to get help") {
    GuardDaemon daemon;
    const Ctl ctl(daemon);
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"nonsense"},
                                                      {"--nonsense"},
                                                      {"list", "extra"},
                                                      {"hold", "1"},
                                                      {"list", "--sort", "colour"},
                                                      {"status", "list"}}) {
        CAPTURE(arguments);
        const auto ended = ctl.run(arguments);
        CHECK(ended.out.empty());
        CHECK(ended.err.ends_with("Run with --help for more information.\n"));
        CHECK(ended.status == 1);
    }
}

}  // namespace
}  // namespace oomguard::test
