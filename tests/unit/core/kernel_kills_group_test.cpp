// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "core/kernel_kills.hpp"
#include "logging_kernel.hpp"
#include "support/catch.hpp"

namespace oomguard {

using namespace test;

TEST_CASE("A kill in a cgroup tells its own cgroup and the one above that ran out") {
    Log log;
    log.invoke();
    log.show_cgroup(20480, 20481);
    log.choose_in("/tt", "/tt/leaf", 388, "hog");
    CHECK(log.kill(kCgroup, 388, "hog") == 388);
    KernelKill expected = log.bare(388, "hog");
    expected.cgroup = "/tt/leaf";
    expected.limit = "/tt";
    expected.is_cgroup = true;
    expected.situation = "cgroup /tt had 20M of memory, and its memory.max is 20M";
    CHECK(log.only() == expected);
}

TEST_CASE("The situation is printable whatever the cgroup is called, its name as it came") {
    Log log;
    log.invoke();
    log.show_cgroup(1024, 1024);
    log.choose_in("/a\nb", "/a\nb", 388, "x,task=y");
    log.kill(kCgroup, 388, "x,task=y");
    const KernelKill found = log.only();
    CHECK(found.limit == "/a\nb");
    CHECK(found.cgroup == "/a\nb");
    CHECK(found.situation == "cgroup /a\\nb had 1M of memory, and its memory.max is 1M");
}

TEST_CASE("A group that is killed whole is one batch, the first of it is told once") {
    Log log;
    log.invoke();
    log.show_cgroup(20480, 20480);
    log.choose_in("/tt", "/tt/group/leaf", 388, "hog");
    log.kill(kCgroup, 388, "hog");
    KernelKill first = log.bare(388, "hog");
    log.kill_group("/tt/group");
    CHECK(log.kill(kCgroup, 400, "helper") == 400);
    KernelKill second = log.bare(400, "helper");
    CHECK_FALSE(log.kill(kCgroup, 388, "hog"));
    second.last_sequence = log.sequence;
    log.kill(kCgroup, 401, "helper");
    KernelKill third = log.bare(401, "helper");
    first.cgroup = "/tt/group/leaf";
    second.cgroup = third.cgroup = "/tt/group";
    second.batch = third.batch = first.batch;
    for (KernelKill* kill : {&first, &second, &third}) {
        kill->is_cgroup = true;
        kill->group = "/tt/group";
        kill->limit = "/tt";
        kill->situation = "cgroup /tt had 20M of memory, and its memory.max is 20M";
    }
    CHECK(log.kills.take() == std::vector{first, second, third});
}

TEST_CASE("A group that is killed for want of the machine's memory knows the machine's situation") {
    Log log;
    log.invoke();
    log.show_machine(256, 0, 0);
    log.choose_of_all(388, "hog");
    log.kill(kMachine, 388, "hog");
    log.kill_group("/job");
    log.kill(kMachine, 389, "hog");
    const auto found = log.kills.take();
    REQUIRE(found.size() == 2);
    for (const KernelKill& kill : found) {
        CHECK(kill.group == "/job");
        CHECK(kill.limit.empty());
        CHECK(kill.situation == "the machine had 1M of memory free and no swap");
    }
}

TEST_CASE("The rest of a group belongs to it though its first was taken before") {
    Log log;
    log.invoke();
    log.choose_of_all(388, "hog");
    log.kill(kMachine, 388, "hog");
    const std::uint64_t batch = log.only().batch;
    log.kill_group("/job");
    CHECK_FALSE(log.kills.has_any());
    CHECK_FALSE(log.kill(kMachine, 388, "hog"));
    log.kill(kMachine, 389, "hog");
    const KernelKill found = log.only();
    CHECK(found.group == "/job");
    CHECK(found.batch == batch);
}

TEST_CASE("A group whose first is not known is told by what is") {
    Log log;
    log.kill_group("/job");
    CHECK(log.kill(kMachine, 389, "hog") == 389);
    CHECK(log.only() == log.bare(389, "hog"));
}

TEST_CASE("In a burst a group has nothing of the inquiry of another") {
    Log log;
    log.invoke();
    log.show_cgroup(20480, 20480);
    log.choose_in("/tt", "/tt/leaf", 388, "hog");
    log.kill(kCgroup, 388, "hog");
    log.kill(kCgroup, 389, "other");
    KernelKill first = log.bare(389, "other");
    log.kill_group("/other");
    log.kill(kCgroup, 390, "other");
    KernelKill second = log.bare(390, "other");
    second.batch = first.batch;
    second.cgroup = "/other";
    for (KernelKill* kill : {&first, &second}) {
        kill->is_cgroup = true;
        kill->group = "/other";
    }
    const auto found = log.kills.take();
    REQUIRE(found.size() == 3);
    CHECK(found[0].group.empty());
    CHECK(found[1] == first);
    CHECK(found[2] == second);
}

TEST_CASE("In a burst a group after another is another batch") {
    Log log;
    log.invoke(-1);
    log.show_cgroup(20480, 20480);
    log.choose_in("/tt", "/tt/leaf", 388, "hog");
    log.kill(kCgroup, 388, "hog");
    log.kill_group("/tt/leaf");
    log.kill(kCgroup, 389, "other");
    KernelKill first = log.bare(389, "other");
    log.kill_group("/other");
    log.kill(kCgroup, 390, "other");
    KernelKill second = log.bare(390, "other");
    second.batch = first.batch;
    second.cgroup = "/other";
    for (KernelKill* kill : {&first, &second}) {
        kill->is_cgroup = true;
        kill->group = "/other";
    }
    const auto found = log.kills.take();
    REQUIRE(found.size() == 3);
    CHECK(found[0].group == "/tt/leaf");
    CHECK(found[1] == first);
    CHECK(found[2] == second);
}

TEST_CASE("A group ends with the next inquiry, with a kill of another kind and with time") {
    Log log;
    log.invoke();
    log.choose_in("/tt", "/tt/leaf", 388, "hog");
    log.kill(kCgroup, 388, "hog");
    log.kill_group("/tt");
    SECTION("With the next inquiry") {
        log.invoke();
        log.kill(kCgroup, 390, "other");
    }
    SECTION("With a kill of another kind") {
        log.kill(kMachine, 390, "other");
    }
    SECTION("With time") {
        log.usec += 1'000'000;
        log.kill(kCgroup, 390, "other");
    }
    KernelKill expected = log.bare(390, "other");
    auto found = log.kills.take();
    REQUIRE(found.size() == 2);
    expected.is_cgroup = found[1].is_cgroup;
    CHECK(found[1] == expected);
    log.kill(kCgroup, 391, "other");
    CHECK(log.only().group.empty());
}

TEST_CASE("A process that took another name in between has no cgroup of the summary") {
    Log log;
    log.invoke();
    log.show_machine(256, 0, 0);
    log.choose_of_all(388, "before");
    log.kill(kMachine, 388, "after");
    const KernelKill found = log.only();
    CHECK(found.name == "after");
    CHECK(found.cgroup.empty());
    CHECK(found.situation == "the machine had 1M of memory free and no swap");
}

TEST_CASE("A kill in a cgroup without what it uses tells no situation, and neither the machine's") {
    Log log;
    log.invoke();
    log.show_machine(256, 0, 0);
    log.choose_in("/tt", "/tt/leaf", 388, "hog");
    log.kill(kCgroup, 388, "hog");
    CHECK(log.only().situation.empty());
}

}  // namespace oomguard
