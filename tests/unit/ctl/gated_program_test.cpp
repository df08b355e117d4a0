// SPDX-License-Identifier: MIT
#include "ctl/gated_program.hpp"

#include <cerrno>
#include <filesystem>
#include <optional>

#include <sys/wait.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::ctl {
namespace {

TEST_CASE("a program has a process before its first instruction, and ends with its exit code") {
    const test::TempTree tree;
    GatedProgram program({"sh", "-c", "echo > '" + tree.path("ran") + "'; exit 7"});
    CHECK(program.pid() > 0);
    CHECK_FALSE(std::filesystem::exists(tree.path("ran")));
    CHECK(program.open() == 0);
    CHECK(program.wait() == 7);
    CHECK(std::filesystem::exists(tree.path("ran")));
}

TEST_CASE("a program that was killed ends with 128 and the signal") {
    GatedProgram program({"sh", "-c", "kill -TERM $$"});
    CHECK(program.open() == 0);
    CHECK(program.wait() == 128 + SIGTERM);
}

TEST_CASE("a program that was killed while it waits ends with 128 and the signal too") {
    GatedProgram program({"true"});
    REQUIRE(::kill(program.pid(), SIGKILL) == 0);
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(program.pid()), &ended, WEXITED | WNOWAIT) == 0);
    CHECK(program.open() == 0);
    CHECK(program.wait() == 128 + SIGKILL);
}

TEST_CASE("what cannot be executed is told by its errno") {
    GatedProgram missing({"/nowhere/program"});
    CHECK(missing.open() == ENOENT);
    const test::TempTree tree{{"text", "text"}};
    GatedProgram text({tree.path("text")});
    CHECK(text.open() == EACCES);
}

TEST_CASE("a program that is never let go leaves no process behind, and has run nothing") {
    const test::TempTree tree;
    pid_t pid = 0;
    {
        const GatedProgram program({"sh", "-c", "echo > '" + tree.path("ran") + "'"});
        pid = program.pid();
    }
    CHECK(::waitpid(pid, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    CHECK_FALSE(std::filesystem::exists(tree.path("ran")));
}

TEST_CASE("a signal from a process is handed on, after the start or before it") {
    GatedProgram program({"sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.01; done"});
    CHECK(program.open() == 0);
    (void)::kill(::getpid(), SIGTERM);
    const int code = program.wait();
    // Before the trap is set it is the signal itself that ends it.
    CHECK((code == 9 || code == 128 + SIGTERM));
}

}  // namespace
}  // namespace oomguard::ctl
