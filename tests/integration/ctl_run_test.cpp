// SPDX-License-Identifier: MIT
#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"
#include "support/eventually.hpp"

namespace oomguard::test {
namespace {

/// A daemon that hears of processes by Hold and by its doorbell alone. Values are positive: a
/// build machine may forbid others.
struct RunTest {
    GuardDaemon daemon;
    Ctl ctl{daemon};

    RunTest() {
        daemon.write_settings(kQuietSettings);
        daemon.start();
    }

    [[nodiscard]] CtlRun shell(const std::string& script) const {
        return ctl.run({"run", "--adj", "300", "--", "sh", "-c", script});
    }
};

/// Its own, without a child that would read another's.
const std::string kTellScore = "read score < /proc/$$/oom_score_adj; echo $score";

TEST_CASE("run starts a command that is held from its first instruction, children included") {
    const RunTest test;
    const auto ended = test.shell(kTellScore + "; cat /proc/self/oom_score_adj");
    CHECK(ended.err.empty());
    CHECK(ended.out == "300\n300\n");
    CHECK(ended.status == 0);
}

TEST_CASE("run exits as its command does") {
    const RunTest test;
    CHECK(test.shell("exit 42").status == 42);
    CHECK(test.shell("kill -KILL $$").status == 128 + SIGKILL);
}

TEST_CASE("run passes on stdin, stdout and stderr") {
    const RunTest test;
    Pipe in = make_pipe();
    Pipe out = make_pipe();
    Child run =
        test.ctl.start({"run", "--adj=300", "sh", "-c", "read word; echo $word; echo no >&2"},
                       {{in.read_end.get(), STDIN_FILENO},
                        {out.write_end.get(), STDOUT_FILENO},
                        {out.write_end.get(), STDERR_FILENO}});
    REQUIRE(::write(in.write_end.get(), "yes\n", 4) == 4);
    CHECK(run.wait() == 0);
    std::string text(7, ' ');
    CHECK(::read(out.read_end.get(), text.data(), text.size()) == 7);
    CHECK(text == "yes\nno\n");
}

TEST_CASE("what follows the command of run is its own, whatever it looks like") {
    const RunTest test;
    for (const std::vector<std::string>& start : {std::vector<std::string>{"run", "--adj", "300"},
                                                  {"run", "--adj", "300", "--"},
                                                  {"--no-pager", "run", "--adj=300"}}) {
        auto arguments = start;
        for (const char* argument :
             {"printf", "<%s>", "--adj", "--json", "-4", "--", "[a,b]", "", "--help", "list"})
            arguments.emplace_back(argument);
        const auto ended = test.ctl.run(arguments);
        CHECK(ended.err.empty());
        CHECK(ended.out == "<--adj><--json><-4><--><[a,b]><><--help><list>");
        CHECK(ended.status == 0);
    }
}

TEST_CASE("run tells a command that is not there from one that cannot be executed") {
    const RunTest test;
    const auto missing = test.ctl.run({"run", "--adj", "300", "--", "/nowhere/program"});
    CHECK(missing.err ==
          "oom-guardctl: cannot execute '/nowhere/program': No such file or directory\n");
    CHECK(missing.status == 127);
    const auto directory = test.ctl.run({"run", "--adj", "300", "--", "/"});
    CHECK(directory.err == "oom-guardctl: cannot execute '/': Permission denied\n");
    CHECK(directory.status == 126);
}

TEST_CASE("run without a command or with a wrong value starts nothing") {
    const RunTest test;
    const auto none = test.ctl.run({"run", "--adj", "300", "--"});
    CHECK(none.err == "oom-guardctl: run: what? See: oom-guardctl run --help\n");
    CHECK(none.status == 1);
    for (const auto& [value, message] :
         {std::pair("much", "'much' is not a value; it goes from -1000 to 1000"),
          std::pair("2000", "2000 is no oom_score_adj; it goes from -1000 to 1000")}) {
        const auto ended = test.ctl.run({"run", "--adj", value, "--", "echo", "started"});
        CHECK(ended.out.empty());
        CHECK(ended.err == std::string("oom-guardctl: ") + message + "\n");
        CHECK(ended.status == 1);
    }
}

TEST_CASE("run starts nothing without the daemon") {
    PrivateBus bus;
    const auto ended = Ctl(bus.address()).run({"run", "--", "echo", "started"});
    CHECK(ended.out.empty());
    CHECK(ended.status == 3);
}

TEST_CASE("run says of a dry run that the command is not held") {
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.extra_arguments = {"--dry-run"};
    daemon.start();
    const auto ended = Ctl(daemon).run({"run", "--adj", "300", "--", "sh", "-c", kTellScore});
    CHECK(ended.err == "oom-guardctl: dry run: it is started, and not held\n");
    CHECK(ended.out == std::to_string(*read_score(::getpid())) + "\n");
    CHECK(ended.status == 0);
}

TEST_CASE("run hands on the signals that it is sent, and waits for what they do") {
    const RunTest test;
    for (const auto& [signal, name] :
         {std::pair(SIGTERM, "TERM"), std::pair(SIGINT, "INT"), std::pair(SIGHUP, "HUP")}) {
        CtlInBackground run(test.ctl, {"run", "--adj", "300", "--", "sh", "-c",
                                       std::string("trap 'echo got; exit 5' ") + name +
                                           "; echo ready; while :; do sleep 0.01; done"});
        REQUIRE(eventually([&] { return run.out() == "ready\n"; }));
        ::kill(run.process().pid(), signal);
        const auto ended = run.wait();
        CHECK(ended.out == "ready\ngot\n");
        CHECK(ended.status == 5);
    }
}

TEST_CASE("the command of run goes on when the daemon has ended") {
    RunTest test;
    CtlInBackground run(test.ctl, {"run", "--adj", "300", "--", "sh", "-c",
                                   "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"});
    REQUIRE(eventually([&] { return run.out() == "ready\n"; }));
    test.daemon.kill9();
    ::kill(run.process().pid(), SIGTERM);
    CHECK(run.wait().status == 5);
}

}  // namespace
}  // namespace oomguard::test
