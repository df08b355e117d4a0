// SPDX-License-Identifier: MIT
#include "core/kernel_log.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace oomguard {
namespace {

using Kind = OomMessage::Kind;

OomMessage parsed(std::string_view text) {
    CAPTURE(text);
    const auto message = parse_oom_message(text);
    REQUIRE(message);
    return *message;
}

const std::string kGlobal = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,";
const std::string kMemcg = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,";
const std::string kNumbers =
    " total-vm:103384kB, anon-rss:61184kB, file-rss:548kB, shmem-rss:4kB, UID:1000 pgtables:156kB "
    "oom_score_adj:-17";
constexpr std::uint64_t kResident = std::uint64_t{1024} * (61184 + 548 + 4);

}  // namespace

TEST_CASE("A record has its sequence, its time and its text") {
    const auto record = parse_kernel_record(
        "4,584,34767431,-;hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
        "oom_score_adj=0\n");
    REQUIRE(record);
    CHECK(record->sequence == 584);
    CHECK(record->usec == 34767431);
    CHECK(record->text ==
          "hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
}

TEST_CASE(
    "Of a record its caller, other fields to come and the lines behind the first are left out") {
    for (const char* text :
         {"6,7,8,-,caller=T1;text; more\n", "6,7,8,c,caller=C0,next=1;text; more",
          "6,7,8,-;text; more\n SUBSYSTEM=usb\n DEVICE=c189:1\n"}) {
        CAPTURE(text);
        const auto record = parse_kernel_record(text);
        REQUIRE(record);
        CHECK(record->sequence == 7);
        CHECK(record->usec == 8);
        CHECK(record->text == "text; more");
    }
}

TEST_CASE("The bytes that the kernel escapes in a record are what they were") {
    const auto text_of = [](std::string_view record) {
        const auto parsed = parse_kernel_record(record);
        REQUIRE(parsed);
        return parsed->text;
    };
    CHECK(text_of("3,1,2,-;a\\x0ab\\x5cc\\xc3\\xbc\n") == "a\nb\\c\xc3\xbc");
    CHECK(text_of("3,1,2,-;\\x5cx41") == "\\x41");
    CHECK(text_of("3,1,2,-;\\x00|\\xff") == std::string("\0|\xff", 3));
    // None of these is what the kernel writes.
    for (const char* text : {"\\x", "\\x4", "\\xg1", "\\x1g", "\\x-1", "\\x+1", "\\x 1", "\\n"})
        CHECK(text_of(std::string("3,1,2,-;") + text) == text);
}

TEST_CASE("The greatest numbers of a record are read, greater ones make it none") {
    const auto record = parse_kernel_record("7,18446744073709551615,18446744073709551615,-;last\n");
    REQUIRE(record);
    CHECK(record->sequence == 18446744073709551615U);
    CHECK(record->usec == 18446744073709551615U);
    CHECK_FALSE(parse_kernel_record("7,18446744073709551616,1,-;text"));
    CHECK_FALSE(parse_kernel_record("7,1,18446744073709551616,-;text"));
}

TEST_CASE("What user space writes to the kernel's log is not the kernel's") {
    for (const char* priority : {"8", "12", "30", "191", "4294967296", "4294967299"}) {
        CAPTURE(priority);
        CHECK_FALSE(parse_kernel_record(std::string(priority) + ",584,34767431,-;text\n"));
    }
}

TEST_CASE("What is no record is none") {
    for (const char* text : {"",
                             "\n",
                             ";",
                             "4",
                             "4,",
                             "4,5",
                             "4,5,",
                             "4,5,6",
                             "4,5,6,",
                             "4,5,6,-",
                             "4,5,6,-\n",
                             ",5,6,-;text",
                             "4,,6,-;text",
                             "4,5,,-;text",
                             "-4,5,6,-;text",
                             "4,-5,6,-;text",
                             "4,5,-6,-;text",
                             "x,5,6,-;text",
                             "4 ,5,6,-;text",
                             "<4>text",
                             "text"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_kernel_record(text));
    }
    const auto empty = parse_kernel_record("4,5,6,-;");
    REQUIRE(empty);
    CHECK(empty->text.empty());
}

TEST_CASE("The kernel begins to look for someone to kill by itself, or on request") {
    for (const char* order : {"0", "3", "-1"}) {
        const OomMessage message = parsed(
            "hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=" + std::string(order) +
            ", oom_score_adj=0");
        CHECK(message.kind == Kind::Invoked);
        CHECK(message.is_on_request == (std::string(order) == "-1"));
    }
    CHECK(parsed("a\n,=): order=-1 invoked oom-killer: gfp_mask=0x0(), order=0").kind ==
          Kind::Invoked);
    // Whoever asked has no say.
    CHECK_FALSE(parsed("a order=-1 invoked oom-killer: gfp_mask=0x0(), order=0").is_on_request);
}

TEST_CASE("What a cgroup uses and may use is told in bytes, its swap is passed over") {
    const OomMessage message = parsed("memory: usage 18856kB, limit 20480kB, failcnt 316789");
    CHECK(message.kind == Kind::Usage);
    CHECK(message.bytes == std::uint64_t{18856} * 1024);
    CHECK(message.limit == std::uint64_t{20480} * 1024);
    for (const char* text :
         {"swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
          "memory+swap: usage 20480kB, limit 9007199254740988kB, failcnt 0",
          "kmem: usage 368kB, limit 9007199254740988kB, failcnt 0", "memory: usage 18856kB",
          "memory: limit 20480kB", "Memory cgroup stats for /oomtry:"})
        CHECK_FALSE(parse_oom_message(text));
}

TEST_CASE("What the machine has free is read from the one record of many lines") {
    const auto record = parse_kernel_record(
        "4,601,34769000,-;active_anon:103 inactive_anon:445231 isolated_anon:0\\x0a "
        "active_file:11 inactive_file:24 isolated_file:0\\x0a unevictable:0 dirty:0 "
        "writeback:0\\x0a"
        " slab_reclaimable:3070 slab_unreclaimable:5214\\x0a mapped:17 shmem:112 pagetables:1263"
        "\\x0a sec_pagetables:0 bounce:0\\x0a kernel_misc_reclaimable:0\\x0a free:12987 "
        "free_pcp:31 free_cma:0\n");
    REQUIRE(record);
    const OomMessage message = parsed(record->text);
    CHECK(message.kind == Kind::Free);
    CHECK(message.pages == 12987);
}

TEST_CASE("Of swap what is free and what there is are told apart") {
    const OomMessage free = parsed("Free swap  = 4kB");
    CHECK(free.kind == Kind::Swap);
    CHECK(free.swap_free == 4096);
    CHECK_FALSE(free.swap_total);
    const OomMessage total = parsed("Total swap = 999420kB");
    CHECK(total.kind == Kind::Swap);
    CHECK(total.swap_total == std::uint64_t{999420} * 1024);
    CHECK_FALSE(total.swap_free);
    for (const char* text : {"Free swap  = ", "Free swap  = -4kB", "Total swap = kB"})
        CHECK_FALSE(parse_oom_message(text));
}

TEST_CASE("A summary tells who was chosen, and which cgroup ran out") {
    const OomMessage message =
        parsed(kMemcg + "mems_allowed=0,oom_memcg=/tt,task_memcg=/tt/leaf,task=hog,pid=388,uid=0");
    CHECK(message.kind == Kind::Summary);
    CHECK(message.pid == 388);
    CHECK(message.cgroup == "/tt");
    CHECK(message.victim == "/tt/leaf,task=hog");
}

TEST_CASE("A summary where the machine ran out tells of no cgroup that did") {
    for (const char* memories : {"mems_allowed=0", "mems_allowed=0-1,3"}) {
        const OomMessage message =
            parsed(kGlobal + memories +
                   ",global_oom,task_memcg=/system.slice/job.service,task=hog,pid=4711,uid=1000");
        CHECK(message.kind == Kind::Summary);
        CHECK(message.pid == 4711);
        CHECK(message.cgroup.empty());
        CHECK(message.victim == "/system.slice/job.service,task=hog");
    }
}

TEST_CASE("A summary is read whatever the names in it are") {
    for (const std::string name :
         {",pid=1,uid=0", "x,task=y", ",task=", "a b\n", ",pid=", ",uid=7", "=,)"}) {
        CAPTURE(name);
        const OomMessage message =
            parsed(kMemcg + "mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=" + name +
                   ",pid=388,uid=1000");
        CHECK(message.pid == 388);
        CHECK(message.cgroup == "/a");
        CHECK(cgroup_of(message.victim, name) == "/a/b");
    }
    // The cpuset is told by the last part of its path, so no slash can be in it.
    const std::string cpuset = "x,oom_memcg=,task_memcg=,global_oom,task_memcg=,task=y,pid=1,uid=0";
    const std::string head = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=" + cpuset;
    const OomMessage global =
        parsed(head + ",mems_allowed=0,global_oom,task_memcg=/init.scope,task=systemd,pid=2,uid=0");
    CHECK(global.pid == 2);
    CHECK(global.cgroup.empty());
    CHECK(global.victim == "/init.scope,task=systemd");
    const OomMessage memcg =
        parsed(head + ",mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=hog,pid=388,uid=0");
    CHECK(memcg.cgroup == "/a");
    CHECK(memcg.victim == "/a/b,task=hog");
}

TEST_CASE("A summary that was cut, or that a program's name only looks like, is none") {
    for (const std::string& text :
         {kMemcg, kMemcg + "mems_allowed=0,oom_memcg=/tt",
          kMemcg + "mems_allowed=0,oom_memcg=/tt,task_memcg=/tt/leaf,task=hog,pid=388",
          kMemcg + "mems_allowed=0,oom_memcg=/tt,task=hog,pid=388,uid=0",
          kMemcg + "mems_allowed=0,oom_memcg=/tt,task_memcg=/tt/leaf,task=hog,uid=0,pid=388",
          kGlobal + "mems_allowed=0,global_oom,task=hog,pid=388,uid=0",
          std::string("oom-kill:x[388]: segfault at 0 ip 0 sp 0 error 4 in "
                      "a,global_oom,task_memcg=/b,task=sshd,pid=1,uid=0[1000+2000]")}) {
        CAPTURE(text);
        CHECK_FALSE(parse_oom_message(text));
    }
}

TEST_CASE("The line of one that was killed tells all that stands in it") {
    const OomMessage message = parsed("Out of memory: Killed process 388 (hog)" + kNumbers);
    CHECK(message.kind == Kind::Killed);
    CHECK(message.pid == 388);
    CHECK(message.name == "hog");
    CHECK(message.uid == 1000);
    CHECK(message.score == -17);
    CHECK(message.bytes == kResident);
    CHECK_FALSE(message.is_cgroup);
    CHECK_FALSE(message.is_of_allocator);
}

TEST_CASE(
    "The line of one that was killed tells what ran out, and whether it was the one who asked") {
    const std::string killed = "Killed process 388 (hog)" + kNumbers;
    const OomMessage memcg = parsed("Memory cgroup out of memory: " + killed);
    CHECK(memcg.kind == Kind::Killed);
    CHECK(memcg.is_cgroup);
    CHECK_FALSE(memcg.is_of_allocator);
    const OomMessage allocator = parsed("Out of memory (oom_kill_allocating_task): " + killed);
    CHECK(allocator.kind == Kind::Killed);
    CHECK_FALSE(allocator.is_cgroup);
    CHECK(allocator.is_of_allocator);
}

TEST_CASE("The line of one that was killed is read whatever its name is") {
    for (const std::string name : {"a) total-vm:1kB", ") total-vm:", "a b\n", "", "UID:0 ", "x (y)",
                                   " UID:7 ", "anon-rss:9kB", ",task=y"}) {
        CAPTURE(name);
        const OomMessage message =
            parsed("Out of memory: Killed process 388 (" + name + ")" + kNumbers);
        CHECK(message.pid == 388);
        CHECK(message.name == name);
        CHECK(message.uid == 1000);
        CHECK(message.bytes == kResident);
        CHECK(message.score == -17);
    }
}

TEST_CASE("A line that only tells of killing somewhere is none of the kernel's about it") {
    const std::string killed = "Out of memory: Killed process 1 (init)" + kNumbers;
    for (const std::string& text :
         {"usb 1-1: Product: " + killed, "input: " + killed + " as /devices/virtual/input/input7",
          " " + killed, std::string("Out of memory and no killable processes..."),
          std::string("Out of memory: Killed process 388 (hog)"),
          std::string("Out of memory: Killed process (hog)") + kNumbers,
          std::string("Out of memory: Killed process 388, hog)") + kNumbers,
          std::string("Out of memory: OOM victim 388 (hog) is already exiting."),
          std::string("Memory cgroup out of memory: OOM victim 388 (hog) is already exiting. Skip "
                      "killing the task"),
          std::string("oom_reaper: reaped process 388 (hog), now anon-rss:0kB, file-rss:0kB, "
                      "shmem-rss:0kB"),
          std::string("usb 1-1: Product: x invoked oom-killer: gfp_mask=0x0(), order=-1"),
          "usb 1-1: Product: " + kGlobal + "global_oom,task_memcg=/b,task=sshd,pid=1,uid=0",
          std::string()}) {
        CAPTURE(text);
        CHECK_FALSE(parse_oom_message(text));
    }
}

TEST_CASE("A cgroup that is killed whole is told, whatever its name is") {
    const std::string tail = " are going to be killed due to memory.oom.group set";
    for (const std::string& cgroup :
         {std::string("/tt/leaf"), std::string("/"), "/x" + tail, std::string("/a b\n,task=y")}) {
        const OomMessage message = parsed("Tasks in " + cgroup + tail);
        CHECK(message.kind == Kind::Group);
        CHECK(message.cgroup == cgroup);
    }
    // By a program of this name, and a file of that one.
    CHECK_FALSE(parse_oom_message("Tasks in /[388]: segfault at 0 ip 0 sp 0 error 4 in a" + tail +
                                  "[1000+2000]"));
}

TEST_CASE("The cgroup of a summary is told by the name of its process only") {
    CHECK(cgroup_of("/a/b,task=hog", "hog") == "/a/b");
    CHECK(cgroup_of("/,task=hog", "hog") == "/");
    CHECK(cgroup_of("/a,task=x,task=y", "y") == "/a,task=x");
    CHECK(cgroup_of("/a,task=x,task=y", "x,task=y") == "/a");
    CHECK(cgroup_of("/a,task=", "") == "/a");
    for (const char* name : {"og", "g", "other", "", "a much longer name than there is", "/a/b"})
        CHECK(cgroup_of("/a/b,task=hog", name).empty());
    CHECK(cgroup_of("", "hog").empty());
    CHECK(cgroup_of("hog", "hog").empty());
    CHECK(cgroup_of(",task=hog", "hog").empty());
}

}  // namespace oomguard
