// SPDX-License-Identifier: MIT
// Scores of real processes.
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "live_process.hpp"
#include "sys/capability.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::Child;
using oomguard::test::fork_child;
using oomguard::test::run_in_child;
using oomguard::test::spawn;

TEST_CASE("A raised score is read back") {
    const Child child = fork_child();
    const ProcDir process = open_process(child);
    REQUIRE(process.write_oom_score_adj(900));
    CHECK(*process.read_oom_score_adj() == 900);
    REQUIRE(process.write_oom_score_adj(1000));
    CHECK(*process.read_oom_score_adj() == 1000);
}

TEST_CASE("A score out of range is refused by the kernel") {
    const Child child = fork_child();
    const ProcDir process = open_process(child);
    const int before = *process.read_oom_score_adj();
    const int value = GENERATE(1001, -1001, 2147483647);
    const Result<void> written = process.write_oom_score_adj(value);
    REQUIRE_FALSE(written);
    CHECK(written.error().message() ==
          "write " + path_of(child, "oom_score_adj") + ": Invalid argument");
    CHECK(*process.read_oom_score_adj() == before);
}

TEST_CASE("Below the floor a write without CAP_SYS_RESOURCE is denied") {
    const Child child = fork_child();
    const ProcDir process = open_process(child);
    const bool may_lower = may_use(CAP_SYS_RESOURCE);
    REQUIRE(set_effective(CAP_SYS_RESOURCE, false));
    REQUIRE(process.write_oom_score_adj(10));
    const Result<void> written = process.write_oom_score_adj(-1000);
    REQUIRE((!may_lower || set_effective(CAP_SYS_RESOURCE, true)));
    if (written) {
        WARN("this test runs with the lowest floor, so nothing is below it");
        return;
    }
    CHECK(written.error().message() ==
          "write " + path_of(child, "oom_score_adj") + ": Permission denied");
    CHECK(is_denied(written.error()));
    CHECK(*process.read_oom_score_adj() == 10);
}

TEST_CASE("With CAP_SYS_RESOURCE a score can be lowered below the floor") {
    if (!may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: CAP_SYS_RESOURCE is not permitted here");
        return;
    }
    REQUIRE(set_effective(CAP_SYS_RESOURCE, true));
    const Child child = fork_child();
    const ProcDir process = open_process(child);
    REQUIRE(process.write_oom_score_adj(-1000));
    CHECK(*process.read_oom_score_adj() == -1000);
}

TEST_CASE("A file of another user is refused without CAP_DAC_OVERRIDE") {
    if (::geteuid() != 0) {
        WARN("skipped: not root");
        return;
    }
    const Child child = fork_child();
    constexpr uid_t kNobody = 65534;
    const int answer = run_in_child([&] {
        if (::setresuid(kNobody, kNobody, kNobody) != 0)
            return 1;
        const Result<Procfs> procfs = Procfs::open();
        const Result<ProcDir> process = procfs->open_process(child.pid());
        if (!process)
            return 2;
        const Result<void> written = process->write_oom_score_adj(500);
        const Result<std::string> exe = process->read_exe();
        if (written || written.error().code.value() != EACCES)
            return 3;
        if (exe || exe.error().code.value() != EACCES)
            return 4;
        return process->read_stat() ? 0 : 5;
    });
    CHECK(answer == 0);
}

TEST_CASE("A child has the score of its parent") {
    const Child child = fork_child([] {
        if (!Procfs::open()->open_process(::getpid())->write_oom_score_adj(321))
            throw std::runtime_error("cannot raise the own score");
    });
    CHECK(*open_process(child).read_oom_score_adj() == 321);
}

TEST_CASE("What the kernel makes of a score follows it") {
    const Child child = fork_child();
    const ProcDir process = open_process(child);
    const auto before = process.read_oom_score();
    REQUIRE(before);
    const Result<int> own = process.read_oom_score_adj();
    REQUIRE(own);
    REQUIRE(process.write_oom_score_adj(*own + 300));
    CHECK(*process.read_oom_score() > *before + 100);
}
