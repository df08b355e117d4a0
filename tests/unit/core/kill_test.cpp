// SPDX-License-Identifier: MIT
#include "core/kill.hpp"

#include <string>

#include "support/catch.hpp"

namespace oomguard {
namespace {

const Protection kProtected{-500, false};
const Protection kSpared{std::nullopt, true};

/// Of one that is protected by a rule's oom_score_adj of -500.
std::string why(const KillGrounds& grounds) {
    return why_protection_failed(kProtected, grounds);
}

/// The least that is known of a kill.
Kill bare_kill() {
    Kill kill;
    kill.id = {4711, 99};
    kill.name = "train";
    return kill;
}

}  // namespace

TEST_CASE("Each killer has a text of its own, by which it is known again") {
    struct Case {
        Killer killer;
        const char* text;
    };
    for (const auto& [killer, text] :
         {Case{Killer::Kernel, "kernel"}, Case{Killer::SystemdOomd, "systemd-oomd"},
          Case{Killer::Earlyoom, "earlyoom"}, Case{Killer::Nohang, "nohang"},
          Case{Killer::Unknown, "unknown"}}) {
        CHECK(std::string(killer_text(killer)) == text);
        CHECK(killer_of(text) == killer);
    }
    for (const char* text : {"", "Kernel", "kernel ", "earlyoo"})
        CHECK_FALSE(killer_of(text));
}

TEST_CASE("Protection is a rule's oom_score_adj below 0, or being spared by systemd-oomd") {
    CHECK_FALSE(Protection{}.is_any());
    CHECK(kProtected.is_any());
    CHECK(kSpared.is_any());
}

TEST_CASE("There is no reason why protection failed where there was none") {
    for (const Killer killer :
         {Killer::Kernel, Killer::SystemdOomd, Killer::Earlyoom, Killer::Nohang, Killer::Unknown})
        CHECK(why_protection_failed({}, {.killer = killer, .is_group = true}).empty());
}

TEST_CASE("Of a group the kernel spares only the lowest score, whatever else there is") {
    const KillGrounds grounds{.killer = Killer::Kernel,
                              .is_group = true,
                              .is_on_request = true,
                              .is_of_allocator = true,
                              .score = 7,
                              .limit = "/job"};
    const std::string text =
        "its whole cgroup was killed (memory.oom.group), and of such a cgroup only -1000 is "
        "spared: set memory.oom.group to 0 (OOMPolicy=continue in its unit), or hold it at -1000";
    CHECK(why(grounds) == text);
    CHECK(why_protection_failed(kSpared, grounds) == text);
}

TEST_CASE("Being spared by systemd-oomd does not count for the kernel") {
    CHECK(why_protection_failed(kSpared, {.killer = Killer::Kernel,
                                          .is_on_request = true,
                                          .is_of_allocator = true,
                                          .limit = "/job"}) ==
          "systemd_oomd counts for systemd-oomd only: give its rule an oom_score_adj below 0");
}

TEST_CASE("With vm.oom_kill_allocating_task no score counts") {
    CHECK(why({.killer = Killer::Kernel, .is_of_allocator = true, .score = 7}) ==
          "vm.oom_kill_allocating_task is set: the kernel kills whoever asks for memory then, "
          "whatever its oom_score_adj: set it to 0");
}

TEST_CASE("A score other than the rule's is why the kernel killed") {
    const std::string text =
        "its oom_score_adj was 7 then, not the -500 of its rule: someone else had changed it, or "
        "it could not be written; see the log";
    CHECK(why({.killer = Killer::Kernel, .score = 7}) == text);
    CHECK(why({.killer = Killer::Kernel, .is_on_request = true, .score = 7, .limit = "/job"}) ==
          text);
}

TEST_CASE("In a cgroup that ran into its memory.max only its own processes count") {
    const std::string text =
        "its cgroup, or one above (/job), ran into its own memory.max, and only the processes in "
        "there count then: it had the most points of them, in spite of -500; raise memory.max, or "
        "its neighbours' scores";
    CHECK(why({.killer = Killer::Kernel, .score = -500, .limit = "/job"}) == text);
    CHECK(why({.killer = Killer::Kernel, .limit = "/job"}) == text);
}

TEST_CASE("SysRq kills the one with the most points") {
    CHECK(why({.killer = Killer::Kernel, .is_on_request = true, .score = -500}) ==
          "somebody asked the kernel to kill (SysRq f), and it had the most points of all, in "
          "spite of -500");
}

TEST_CASE("A protected process can have the most points of all") {
    CHECK(why({.killer = Killer::Kernel, .score = -500}) ==
          "it had the most points of all, in spite of -500: the others are protected as well, or "
          "were too small; see oom-guardctl rank");
}

TEST_CASE("systemd-oomd does not look at the score") {
    for (const bool was_by_swap : {true, false})
        CHECK(why({.killer = Killer::SystemdOomd, .was_by_swap = was_by_swap}) ==
              "systemd-oomd does not look at oom_score_adj: give its rule systemd_oomd: omit");
}

TEST_CASE("systemd-oomd kills whom it was told to spare for swap, or nevertheless") {
    CHECK(why_protection_failed(kSpared, {.killer = Killer::SystemdOomd, .was_by_swap = true}) ==
          "systemd-oomd went by the swap used, where it heeds marks on root's cgroups only, and "
          "takes one to be avoided when nothing else is left: run it in a unit of the system with "
          "systemd_oomd: omit, or switch that off (ManagedOOMSwap=auto)");
    CHECK(why_protection_failed({-500, true}, {.killer = Killer::SystemdOomd}) ==
          "systemd-oomd was not told in time or ignored it, or its rule says avoid and nothing "
          "else was left to kill; see oom-guardctl explain on its next run");
}

TEST_CASE("Other killers go by the score, and only the lowest is certain") {
    struct Case {
        Killer killer;
        std::string name;
    };
    for (const auto& [killer, name] :
         {Case{Killer::Earlyoom, "earlyoom"}, Case{Killer::Nohang, "nohang"}}) {
        CHECK(why_protection_failed(kSpared, {.killer = killer}) ==
              name +
                  " does not read what systemd-oomd is told: give its rule an oom_score_adj below "
                  "0");
        CHECK(why_protection_failed({-1000, false}, {.killer = killer}) ==
              name +
                  " spares -1000, unless it was told otherwise: look at its options, and at "
                  "oom-guardctl explain on its next run");
        CHECK(why({.killer = killer}) ==
              name +
                  " spares only -1000 for certain: with -500 it was still the one with the most "
                  "points");
    }
}

TEST_CASE("Against SIGKILL of someone unknown nothing protects") {
    for (const Protection& protection : {kProtected, kSpared})
        CHECK(why_protection_failed(protection, {.killer = Killer::Unknown, .score = 7}) ==
              "it was sent SIGKILL, against which nothing protects, by a person or a program: the "
              "kernel and the killers that are known here say nothing of it");
}

TEST_CASE("A kill is told with all that is known of it") {
    Kill kill = bare_kill();
    kill.user = "ada";
    kill.cgroup = "/job";
    kill.rule = "training";
    kill.score = -500;
    kill.killer = Killer::Kernel;
    kill.situation = "the machine had 1M of memory free and no swap";
    kill.why = "it had the most points of all";
    CHECK(kill_text(kill) ==
          "'train' (pid 4711) of ada in /job was killed by the kernel at -500, of rule 'training'; "
          "the machine had 1M of memory free and no swap; it was protected, but it had the most "
          "points of all");
}

TEST_CASE("What is not known of a kill is not told") {
    CHECK(kill_text(bare_kill()) ==
          "'train' (pid 4711) was killed by someone unknown, no rule meant it");
    Kill kill = bare_kill();
    kill.killer = Killer::Earlyoom;
    kill.score = 0;
    CHECK(kill_text(kill) == "'train' (pid 4711) was killed by earlyoom at 0, no rule meant it");
    kill.name = "";
    CHECK(kill_text(kill) == "a process (pid 4711) was killed by earlyoom at 0, no rule meant it");
}

TEST_CASE("A cgroup whose processes could not be seen is told as one") {
    Kill kill;
    kill.cgroup = "/user.slice";
    kill.killer = Killer::SystemdOomd;
    kill.situation = "memory pressure was high";
    CHECK(kill_text(kill) ==
          "processes of cgroup /user.slice that could not be seen were killed by "
          "systemd-oomd; memory pressure was high");
}

}  // namespace oomguard
