// SPDX-License-Identifier: MIT
#include "sys/proc_parse.hpp"

#include "support/catch.hpp"

using namespace oomguard;
using namespace oomguard::sys;

namespace {

// What follows the name of a sleeping process: fields 3 to 24 and the rest.
const std::string kRest =
    " S 7 100 100 0 -1 4194304 90 0 1 0 2 3 0 0 20 0 5 0 123456789 8523776 500 184 1 1 0\n";

std::string stat_of(const std::string& name) {
    return "4711 (" + name + ")" + kRest;
}

const std::string kStatus =
    "Name:\tforge\\nUid:\\t0\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t12\nPid:\t12\n"
    "Uid:\t1000\t0\t0\t0\nGid:\t100\t0\t0\t0\nFDSize:\t64\nGroups:\t4 24 4294967295 \n"
    "NStgid:\t12\n";

const std::string kMemoryStatus =
    "Name:\tVmRSS:\t1 kB\\nVmRSS:\t2 kB\nState:\tS (sleeping)\nTgid:\t12\nPid:\t12\n"
    "Uid:\t1000\t0\t0\t0\nGid:\t100\t0\t0\t0\nGroups:\t4 24 \nVmPeak:\t    5788 kB\n"
    "VmHWM:\t    2000 kB\nVmRSS:\t    1908 kB\nRssAnon:\t      92 kB\nVmPTE:\t      52 kB\n"
    "VmSwap:\t16777216 kB\nTHP_enabled:\t1\nThreads:\t3\nSigQ:\t0/63421\n";

}  // namespace

TEST_CASE("A stat line is read whatever the process calls itself") {
    const std::string name =
        GENERATE(as<std::string>{}, "sleep", "", " ", ")", "(", "foo) Z 1", "foo)\nZ\n", "foo) Z ",
                 "()()()())))(((()))()()", "a b c d e f g h", "\xff\xfe\x80", "\xc3", "1 (x) Z 1 1",
                 "fifteen-bytes-!", "\n\n\n", "kworker/u8:3-events_unbound");
    CAPTURE(name);
    const std::optional<Snapshot> snapshot = parse_stat(stat_of(name));
    REQUIRE(snapshot);
    CHECK(snapshot->comm == name);
    CHECK(snapshot->id == ProcessId{4711, 123456789});
    CHECK(snapshot->parent_pid == 7);
    CHECK_FALSE(snapshot->kernel_thread);
    CHECK_FALSE(snapshot->zombie);
}

TEST_CASE("A stat line is read with every single byte in the name") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string name(kLongestComm, static_cast<char>(byte));
        CAPTURE(byte);
        const std::optional<Snapshot> snapshot = parse_stat(stat_of(name));
        REQUIRE(snapshot);
        CHECK(snapshot->comm == name);
        CHECK(snapshot->id == ProcessId{4711, 123456789});
    }
}

TEST_CASE("Of a stat line no more than the required fields is asked for") {
    const std::string text = "1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 ";
    const std::optional<Snapshot> snapshot = parse_stat(text);
    REQUIRE(snapshot);
    CHECK(snapshot->id == ProcessId{1, 5});
    CHECK(snapshot->parent_pid == 0);

    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_stat(text.substr(0, size)));
    }
}

TEST_CASE("What follows the fields of a stat line does not matter") {
    CHECK(parse_stat(stat_of("sleep") + "and more"));
    CHECK(parse_stat(stat_of("sleep") + std::string(10000, '9')));
}

TEST_CASE("The image is told by where code and stack lie, and not where that is hidden") {
    const auto image_of = [](const std::string& fields) {
        const auto snapshot =
            parse_stat("1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 1000 20 99 " + fields);
        REQUIRE(snapshot);
        return snapshot->image;
    };
    const auto image = image_of("94000 95000 140000 0 0\n");
    CHECK(image != 0);
    CHECK(image == image_of("94000 95000 140000 7 7\n"));
    for (const char* other : {"94001 95000 140000 0\n", "94000 95001 140000 0\n",
                              "94000 95000 140001 0\n", "95000 94000 140000 0\n"}) {
        CAPTURE(other);
        CHECK(image_of(other) != 0);
        CHECK(image_of(other) != image);
    }
    for (const char* hidden : {"1 1 0 0 0\n", "0 0 0 0 0\n", "", "94000 95000 1400", "x y z \n"}) {
        CAPTURE(hidden);
        CHECK(image_of(hidden) == 0);
    }
}

TEST_CASE("A kernel thread is told by its flag") {
    const auto flags = GENERATE(values<std::pair<std::string, bool>>({{"2129984", true},
                                                                      {"2097152", true},
                                                                      {"4194304", false},
                                                                      {"4294967295", true},
                                                                      {"0", false}}));
    const std::string text =
        "2 (kthreadd) S 0 0 0 0 -1 " + flags.first + " 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n";
    CAPTURE(text);
    const std::optional<Snapshot> snapshot = parse_stat(text);
    REQUIRE(snapshot);
    CHECK(snapshot->kernel_thread == flags.second);
}

TEST_CASE("A zombie is dead only if no other thread lives") {
    struct Case {
        std::string state;
        std::string threads;
        bool zombie;
    };
    const auto c = GENERATE(values<Case>({{"Z", "1", true},
                                          {"Z", "0", true},
                                          {"X", "1", true},
                                          {"X", "0", true},
                                          {"Z", "4", false},
                                          {"S", "1", false},
                                          {"R", "0", false},
                                          {"D", "1", false},
                                          {"T", "1", false},
                                          {"t", "1", false},
                                          {"I", "1", false}}));
    const std::string text =
        "9 (x) " + c.state + " 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 " + c.threads + " 0 5 0 0\n";
    CAPTURE(text);
    const std::optional<Snapshot> snapshot = parse_stat(text);
    REQUIRE(snapshot);
    CHECK(snapshot->zombie == c.zombie);
}

TEST_CASE("What is no stat line is refused") {
    const std::string text =
        GENERATE(as<std::string>{}, "", "\n", "4711", "4711 ", "4711 (sleep", "4711 sleep)" + kRest,
                 "4711(sleep)" + kRest, "(sleep)" + kRest, "x (sleep)" + kRest, "0 (sleep)" + kRest,
                 "-1 (sleep)" + kRest, "2147483648 (sleep)" + kRest,
                 "99999999999999999999 (sleep)" + kRest, ")" + kRest, "4711 )" + kRest,
                 // the state, the parent, the flags, the threads, the start
                 "1 (x) SS 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x)  0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x)S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x) S -2 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x) S 9999999999 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x) S 0 1 1 0 -1 -7 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x) S 0 1 1 0 -1 4294967296 0 0 0 0 0 0 0 0 20 0 1 0 5 ",
                 "1 (x) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 many 0 5 ",
                 "1 (x) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 -5 ",
                 "1 (x) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5x ",
                 "1 (x) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 "
                 "18446744073709551616 ");
    CAPTURE(text);
    CHECK_FALSE(parse_stat(text));
}

TEST_CASE("The credentials are the real ids and the supplementary groups") {
    const std::optional<StatusCredentials> credentials = parse_status(kStatus);
    REQUIRE(credentials);
    CHECK(credentials->process == 12);
    CHECK(credentials->real_uid == 1000);
    CHECK(credentials->groups == std::vector<Gid>{100, 4, 24, 4294967295});
}

TEST_CASE("A process without supplementary groups has its own") {
    const std::optional<StatusCredentials> credentials = parse_status(
        "Name:\tx\nTgid:\t1\nUid:\t1\t1\t1\t1\nGid:\t2\t2\t2\t2\nGroups:\t \nNStgid:\t1\n");
    REQUIRE(credentials);
    CHECK(credentials->real_uid == 1);
    CHECK(credentials->groups == std::vector<Gid>{2});
}

TEST_CASE("Groups that a limit cuts are left out, never taken for shorter numbers") {
    const std::string text =
        "Name:\tx\nTgid:\t1\nUid:\t1\t1\t1\t1\nGid:\t2\t2\t2\t2\nGroups:\t30 400 5000 ";
    const auto groups_of = [&](std::size_t cut) {
        const std::optional<StatusCredentials> credentials =
            parse_status(std::string_view(text).substr(0, text.size() - cut));
        return credentials ? credentials->groups : std::vector<Gid>{};
    };
    CHECK(groups_of(0) == std::vector<Gid>{2, 30, 400, 5000});
    CHECK(groups_of(1) == std::vector<Gid>{2, 30, 400});
    CHECK(groups_of(4) == std::vector<Gid>{2, 30, 400});
    CHECK(groups_of(5) == std::vector<Gid>{2, 30, 400});
    CHECK(groups_of(6) == std::vector<Gid>{2, 30});
    CHECK(groups_of(12) == std::vector<Gid>{2});
    CHECK(groups_of(13) == std::vector<Gid>{});
}

TEST_CASE("What is no status is refused") {
    const std::string text =
        GENERATE(as<std::string>{}, "", "\n", "Uid:\t0\t0\t0\t0\n", "Name:\tx\n",
                 "Name:\tx\nTgid:\t1\nUid:\t1\t1\t1\t1\nGid:\t2\t2\t2\t2\n",
                 "Name:\tx\nTgid:\t1\nUid:\t1\nGid:\t2\t2\nGroups:\t\n",
                 "Name:\tx\nTgid:\t1\nUid:\t-1\t1\nGid:\t2\t2\nGroups:\t\n",
                 "Name:\tx\nTgid:\t1\nUid:\t4294967296\t1\nGid:\t2\t2\nGroups:\t\n",
                 "Name:\tx\nTgid:\t1\nUid:\t1\t1\nGid:\ttwo\t2\nGroups:\t\n",
                 "Name:\tx\nTgid:\t1\nUid:\t1\t1\nGid:\t2\t2\nGroups:\tml \n",
                 "Name:\tx\nTgid:\t1\nUid:\t1\t1\nGid:\t2\t2\nGroups:\t3  4 \n",
                 "Name:\tx\nTgid:\t1\nUid:\t1\t1\nGid:\t2\t2\nGroups:\t3 ml\n",
                 "Name:\tx\nUid:\t1\t1\t1\t1\nGid:\t2\t2\t2\t2\nGroups:\t \n",
                 "Tgid:\t1\nUid:\t1\t1\nUid:\t1\t1\nGid:\t2\t2\nGroups:\t3 \n");
    CAPTURE(text);
    CHECK_FALSE(parse_status(text));
}

TEST_CASE("Keys of a status count only at the start of a line") {
    CHECK_FALSE(parse_status("Name:\tUid:\t0\t0\nTgid:\t1\nGid:\t2\t2\nGroups:\t3 \n"));
    const std::optional<StatusCredentials> credentials = parse_status(
        "Name:\tUid:\t0\t0\\nUid:\t0\t0\nTgid:\t1\nXUid:\t9\t9\nUid:\t5\t5\nGid:\t2\t2\nGroups:"
        "\t\n");
    REQUIRE(credentials);
    CHECK(credentials->real_uid == 5);
}

TEST_CASE("The memory is what is resident, swapped and of page tables, and the owner is real") {
    const std::optional<StatusMemory> memory = parse_status_memory(kMemoryStatus);
    REQUIRE(memory);
    CHECK(memory->process == 12);
    CHECK(memory->real_uid == 1000);
    CHECK(memory->threads == 3);
    CHECK(memory->bytes == (1'908ULL + 16'777'216 + 52) * 1024);
}

TEST_CASE("A process without memory has none, which is not the same as nothing of it") {
    const std::optional<StatusMemory> none = parse_status_memory(
        "Name:\tx\nTgid:\t2\nUid:\t0\t0\t0\t0\nGroups:\t \nThreads:\t1\nSigQ:\t0/1\n");
    REQUIRE(none);
    CHECK(none->threads == 1);
    CHECK(none->bytes == std::nullopt);

    const std::optional<StatusMemory> nothing = parse_status_memory(
        "Name:\tx\nTgid:\t2\nUid:\t0\t0\t0\t0\nGroups:\t \nVmRSS:\t       0 kB\n"
        "VmPTE:\t       0 kB\nVmSwap:\t       0 kB\nThreads:\t1\n");
    REQUIRE(nothing);
    CHECK(nothing->bytes == 0);
}

TEST_CASE("A status that was cut off is not taken for one without memory") {
    const std::size_t end = kMemoryStatus.find("Threads:\t3\n") + std::string("Threads:\t3").size();
    for (std::size_t size = 0; size < end; ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_status_memory(kMemoryStatus.substr(0, size)));
    }
    CHECK(parse_status_memory(kMemoryStatus.substr(0, end)));
}

TEST_CASE("What is no status with memory is refused") {
    const auto status = [](const std::string& memory, const std::string& threads = "1") {
        return "Name:\tx\nTgid:\t2\nUid:\t0\t0\t0\t0\n" + memory + "Threads:\t" + threads + "\n";
    };
    const std::string rest = "VmPTE:\t 4 kB\nVmSwap:\t 0 kB\n";
    REQUIRE(parse_status_memory(status("VmRSS:\t 8 kB\n" + rest)));
    const std::string text =
        GENERATE_COPY(as<std::string>{}, "", "\n", status("VmRSS:\t 8 kB\n"),
                      status("VmRSS:\t 8 kB\nVmPTE:\t 4 kB\n"), status("VmRSS:\t 8\n" + rest),
                      status("VmRSS:\t 8 mB\n" + rest), status("VmRSS:\t kB\n" + rest),
                      status("VmRSS:\t-8 kB\n" + rest), status("VmRSS:\t8 8 kB\n" + rest),
                      status("VmRSS:\t281474976710657 kB\n" + rest),
                      status("VmRSS:\t99999999999999999999 kB\n" + rest), status("", "-1"),
                      status("", ""), status("", "one"), "Tgid:\t2\nUid:\t0\t0\nThreads:\t1\n",
                      "Name:\tx\nUid:\t0\t0\nThreads:\t1\n", "Name:\tx\nTgid:\t2\nThreads:\t1\n");
    CAPTURE(text);
    CHECK_FALSE(parse_status_memory(text));
}

TEST_CASE("The cgroup is the path in the v2 tree, or systemd's where there is none") {
    struct Case {
        std::string text;
        std::string path;
    };
    const std::string deep = "/" + std::string(4090, 'd');
    const auto c = GENERATE_COPY(values<Case>({
        {"0::/\n", "/"},
        {"0::/system.slice/cron.service\n", "/system.slice/cron.service"},
        {"0::/user.slice/a:b::c\n", "/user.slice/a:b::c"},
        {"0::/gone.scope (deleted)\n", "/gone.scope"},
        {"0::/../sibling\n", "/../sibling"},
        {"0::/with space/\xff\xfe\n", "/with space/\xff\xfe"},
        {"1:name=systemd:/init.scope\n", "/init.scope"},
        {"1:name=systemd:/old\n0::/new\n", "/new"},
        {"0::/new\n1:name=systemd:/old\n", "/new"},
        {"9:cpu,cpuacct:/x\n2:name=other:/y\n1:name=systemd:/z\n", "/z"},
        {"5:memory:/0::/fake\n0::/real\n", "/real"},
        {"1:name=systemd:" + deep + "\n0::" + deep + "\n", deep},
    }));
    CAPTURE(c.text);
    CHECK(parse_cgroup(c.text) == c.path);
}

TEST_CASE("What is no cgroup file is refused, and so is one that was cut off") {
    const std::string text =
        GENERATE(as<std::string>{}, "", "\n", "0::/system.slice", "0::\n", "0::relative\n",
                 "1:name=systemd:/a\n0::/b", "1:name=systemd:/a\n0:", "4:cpu:/x\n", "0:/x\n", "0\n",
                 "\n0::/x\n", "/x\n");
    CAPTURE(text);
    CHECK_FALSE(parse_cgroup(text));
}

TEST_CASE("A score is one number in the kernel's range") {
    CHECK(parse_score("0\n") == 0);
    CHECK(parse_score("1000\n") == 1000);
    CHECK(parse_score("-1000\n") == -1000);
    const std::string text =
        GENERATE(as<std::string>{}, "", "\n", "0", "-", "-\n", "+5\n", " 5\n", "5 \n", "0x10\n",
                 "5\n\n", "5\n6\n", "1001\n", "-1001\n", "99999999999999999999\n", "five\n");
    CAPTURE(text);
    CHECK_FALSE(parse_score(text));
}

TEST_CASE("What the kernel makes of a score is one number") {
    CHECK(parse_oom_score("0\n") == 0);
    CHECK(parse_oom_score("1333\n") == 1333);
    const std::string text = GENERATE(as<std::string>{}, "", "\n", "0", "-1\n", "5 \n", "5\n\n",
                                      "5\n6\n", "99999999999999999999\n", "five\n");
    CAPTURE(text);
    CHECK_FALSE(parse_oom_score(text));
}
