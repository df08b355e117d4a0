// SPDX-License-Identifier: MIT
#include <string>

#include "remembering.hpp"
#include "support/catch.hpp"

// What the kernel's log tells, and what others told before it could be read.
namespace oomguard::daemon {
namespace {

Kill killed_by(Killer killer, Pid pid, const std::string& cgroup = "/job") {
    Kill kill = kill_of(pid);
    kill.killer = killer;
    kill.cgroup = cgroup;
    return kill;
}

}  // namespace

TEST_CASE(
    "What was told while the kernel's log could not be read is known in it, each entry once") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    history.add(killed_by(Killer::Kernel, 0, "/other"), std::nullopt);
    history.add(killed_by(Killer::Kernel, 10), std::nullopt);
    Kill logged = killed_by(Killer::Kernel, 10, "/other");
    CHECK(history.recognize(logged, 700));
    CHECK(history.last_sequence() == 700);
    logged.id.pid = 12;
    CHECK(history.recognize(logged, 701));
    CHECK_FALSE(history.recognize(logged, 702));
    CHECK(history.last_sequence() == 701);
}

TEST_CASE("A kill in the kernel's log is one that was told, if all that is known of it fits") {
    struct Case {
        Kill told;
        Kill logged;
        bool is_it;
    };
    const Kill logged = killed_by(Killer::Kernel, 10);
    Kill nameless = logged;
    nameless.name = "";
    Kill renamed = logged;
    renamed.name = "other";
    Kill elsewhere = renamed;
    elsewhere.cgroup = "/other";
    Kill nowhere = renamed;
    nowhere.cgroup = "";
    const Kill in_unit = killed_by(Killer::Kernel, 10, "/system.slice/job.service/below");
    for (const auto& [told, other, is_it] : {
             Case{killed_by(Killer::Unknown, 10), logged, true},
             Case{killed_by(Killer::SystemdOomd, 10), logged, false},
             Case{killed_by(Killer::Earlyoom, 10), logged, false},
             Case{nameless, logged, true},
             Case{logged, nameless, true},
             Case{renamed, logged, true},
             Case{elsewhere, logged, false},
             Case{nowhere, killed_by(Killer::Kernel, 10, ""), false},
             Case{killed_by(Killer::SystemdOomd, 0), logged, false},
             Case{killed_by(Killer::Unknown, 0), logged, false},
             Case{killed_by(Killer::Kernel, 0, "/jo"), logged, false},
             Case{killed_by(Killer::Kernel, 0), killed_by(Killer::Kernel, 10, ""), true},
             Case{killed_by(Killer::Kernel, 0, "job.service"), in_unit, true},
             Case{killed_by(Killer::Kernel, 0, "ob.service"), in_unit, false},
             Case{killed_by(Killer::Kernel, 0, "/job.service"), in_unit, false},
         }) {
        const TempTree tree;
        KillHistory history = history_in(tree);
        REQUIRE(history.open(false));
        history.add(told, std::nullopt);
        CAPTURE(killer_text(told.killer), told.id.pid, told.cgroup, told.name);
        CHECK(history.recognize(other, 700) == is_it);
    }
}

TEST_CASE("A kill of another time is another, though it is like one that was told") {
    for (const Pid pid : {0, 10}) {
        const TempTree tree;
        KillHistory history = history_in(tree);
        REQUIRE(history.open(false));
        for (int told = 0; told < 2; ++told)
            history.add(killed_by(Killer::Kernel, pid), std::nullopt);
        constexpr std::uint64_t kApart = 60'000'000;
        Kill logged = killed_by(Killer::Kernel, 10);
        logged.usec += kApart + 1;
        CHECK_FALSE(history.recognize(logged, 700));
        logged.usec -= 1;
        CHECK(history.recognize(logged, 700));
        logged.usec -= 2 * kApart + 1;
        CHECK_FALSE(history.recognize(logged, 701));
        logged.usec += 1;
        CHECK(history.recognize(logged, 701));
    }
}

TEST_CASE("The last record in the kernel's log is that of this boot") {
    const TempTree tree;
    KillHistory history = history_in(tree);
    REQUIRE(history.open(false));
    CHECK_FALSE(history.last_sequence());
    history.add(kill_of(10), std::nullopt);
    CHECK_FALSE(history.last_sequence());
    history.add(kill_of(11), 700);
    history.add(kill_of(12), 699);
    history.add(kill_of(13), std::nullopt);
    CHECK(history.last_sequence() == 700);
    CHECK(Reread(tree, "boot").history.last_sequence() == 700);

    KillHistory later = history_in(tree, "later");
    REQUIRE(later.open(false));
    CHECK_FALSE(later.last_sequence());
    later.add(kill_of(14), 3);
    CHECK(later.last_sequence() == 3);
    CHECK(Reread(tree, "later").history.last_sequence() == 3);
    CHECK(Reread(tree, "boot").history.last_sequence() == 700);
}

}  // namespace oomguard::daemon
