// SPDX-License-Identifier: MIT
#include "daemon/last_seen.hpp"

#include <map>

#include "support/catch.hpp"

namespace oomguard::daemon {
namespace {

/// Processes that can be read, and how often they were.
struct Looking {
    void add(Pid pid, std::uint64_t start, const std::string& comm, const std::string& cgroup) {
        Snapshot snapshot;
        snapshot.id = {pid, start};
        snapshot.comm = comm;
        snapshot.uid = 1000;
        snapshot.cgroup = cgroup;
        there[pid] = snapshot;
    }
    /// Of those that are not there any more the start time is 5.
    void update(const std::vector<Pid>& pids) {
        std::vector<ProcessId> processes;
        for (const Pid pid : pids)
            processes.push_back(there.contains(pid) ? there[pid].id : ProcessId{pid, 5});
        seen.update(processes, [this](Pid pid) -> std::optional<Snapshot> {
            ++reads;
            return there.contains(pid) ? std::optional(there[pid]) : std::nullopt;
        });
    }

    LastSeen seen;
    std::map<Pid, Snapshot> there;
    int reads = 0;
};

TEST_CASE("Who is there is read once, and forgotten once it is gone") {
    Looking looking;
    looking.add(10, 5, "job", "/a");
    looking.update({10, 11});
    looking.update({10});
    CHECK(looking.reads == 2);
    REQUIRE(looking.seen.find(10) != nullptr);
    CHECK(looking.seen.find(10)->comm == "job");
    CHECK(looking.seen.find(10)->uid == 1000);
    CHECK(*looking.seen.find(10)->cgroup == "/a");
    CHECK(looking.seen.find(11) == nullptr);
    looking.update({});
    CHECK(looking.seen.find(10) == nullptr);
}

TEST_CASE("Another with the same pid is read anew") {
    Looking looking;
    looking.add(10, 5, "job", "/a");
    looking.update({10});
    looking.add(10, 6, "next", "/b");
    looking.update({10});
    CHECK(looking.seen.find(10)->start_time == 6);
    CHECK(looking.seen.find(10)->comm == "next");
}

TEST_CASE("One that is noted is known as it is then, and kept while it is there") {
    Looking looking;
    looking.add(10, 5, "runuser", "/a");
    looking.update({10});
    looking.add(10, 5, "job", "/b");
    looking.seen.note(looking.there[10]);
    looking.add(11, 7, "new", "/b");
    looking.seen.note(looking.there[11]);
    for (int turn = 0; turn < 2; ++turn) {
        REQUIRE(looking.seen.find(10) != nullptr);
        CHECK(looking.seen.find(10)->comm == "job");
        CHECK(*looking.seen.find(10)->cgroup == "/b");
        REQUIRE(looking.seen.find(11) != nullptr);
        CHECK(looking.seen.find(11)->start_time == 7);
        looking.update({10, 11});
    }
    CHECK(looking.reads == 1);
    looking.update({10});
    CHECK(looking.seen.find(11) == nullptr);
}

TEST_CASE("What one is called that executes something is not known until it is noted") {
    Looking looking;
    looking.add(10, 5, "sh", "/a");
    looking.update({10});
    looking.seen.forget_name(10);
    looking.seen.forget_name(11);
    looking.update({10});
    REQUIRE(looking.seen.find(10) != nullptr);
    CHECK(looking.seen.find(10)->comm.empty());
    CHECK(*looking.seen.find(10)->cgroup == "/a");
    CHECK(looking.seen.find(11) == nullptr);
    looking.add(10, 5, "job", "/a");
    looking.seen.note(looking.there[10]);
    CHECK(looking.seen.find(10)->comm == "job");
}

TEST_CASE("Neighbours share the text of their cgroup") {
    Looking looking;
    looking.add(10, 5, "a", "/a");
    looking.add(11, 5, "b", "/a");
    looking.update({10, 11});
    CHECK(looking.seen.find(10)->cgroup == looking.seen.find(11)->cgroup);
}

}  // namespace
}  // namespace oomguard::daemon
