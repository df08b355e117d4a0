// SPDX-License-Identifier: MIT
#include "core/unkillable_memory.hpp"

#include <initializer_list>

#include "support/catch.hpp"

namespace oomguard {
namespace {

using Pids = std::vector<Pid>;

/// Room for a hundred bytes.
struct Hundred : UnkillableMemory {
    Hundred() { set_limit(100, 1000); }

    bool want(Pid pid, std::uint64_t bytes) { return admit({pid, 1}, bytes); }
};

}  // namespace

TEST_CASE("further ones may not once the limit is reached") {
    Hundred t;
    CHECK(t.want(1, 60));
    CHECK(t.want(2, 40));
    CHECK_FALSE(t.want(3, 1));
    CHECK(t.want(4, 0));
    CHECK(t.rebalance().empty());
    // Without a limit there is room for all.
    UnkillableMemory unlimited;
    CHECK(unlimited.admit({1, 1}, static_cast<std::uint64_t>(-1)));
    CHECK(unlimited.rebalance().empty());
}

TEST_CASE("as they grow the largest may not, and only as many as it takes") {
    Hundred t;
    CHECK(t.want(1, 10));
    CHECK(t.want(2, 20));
    CHECK(t.want(3, 30));
    // Nothing is decided but for all of them.
    CHECK(t.want(3, 80));
    CHECK(t.rebalance() == Pids{3});
    CHECK_FALSE(t.want(3, 80));
    CHECK(t.want(2, 90));
    CHECK(t.rebalance().empty());
    // There is room for the other when this one may no more.
    CHECK(t.want(2, 91));
    CHECK(t.rebalance() == Pids{2, 3});
    CHECK(t.want(3, 80));
    CHECK_FALSE(t.want(2, 91));
}

TEST_CASE("as they shrink or end there is room again, but not for those who come and go") {
    Hundred t;
    CHECK(t.want(1, 30));
    CHECK(t.want(2, 70));
    CHECK_FALSE(t.want(3, 80));
    t.erase(2);
    // 110 of 100, and then more than nine tenths.
    CHECK(t.rebalance().empty());
    CHECK_FALSE(t.want(3, 61));
    CHECK(t.rebalance().empty());
    CHECK_FALSE(t.want(3, 60));
    CHECK(t.rebalance() == Pids{3});
    CHECK(t.want(3, 70));
    CHECK(t.rebalance().empty());
}

TEST_CASE("a limit that has become smaller counts from the next decision on") {
    Hundred t;
    CHECK(t.want(1, 50));
    t.set_limit(10, 1000);
    CHECK(t.want(1, 50));
    CHECK(t.rebalance() == Pids{1});
    CHECK_FALSE(t.want(1, 50));
}

TEST_CASE("what they share is not counted more than once while the machine has room") {
    Hundred t;
    CHECK(t.want(1, 60));
    CHECK(t.want(2, 30));
    CHECK(t.want(2, 60));
    CHECK_FALSE(t.want(3, 60));
    t.set_limit(100, 91);
    CHECK(t.rebalance().empty());
    t.set_limit(100, 90);
    CHECK(t.rebalance() == Pids{3});
    t.set_limit(100, 100);
    CHECK(t.rebalance().empty());
    CHECK(t.want(4, 50));
    t.set_limit(100, 101);
    CHECK_FALSE(t.want(5, 50));
    CHECK(t.rebalance() == Pids{3, 2, 1});
}

TEST_CASE("the room of one that ends or shrinks is another's at once") {
    Hundred t;
    CHECK(t.want(1, 60));
    CHECK(t.want(2, 40));
    SECTION("as it wants it no more") {
        t.erase(2);
        t.erase(7);
    }
    SECTION("as it is not there any more") {
        t.erase_all_but([](Pid pid) { return pid == 1; });
    }
    SECTION("as it shrinks") {
        CHECK(t.want(2, 0));
    }
    SECTION("as another has its pid") {
        CHECK(t.admit({2, 2}, 0));
    }
    CHECK_FALSE(t.want(3, 41));
    CHECK(t.want(4, 40));
}

TEST_CASE("another process with the pid of one that has ended is a new one") {
    Hundred t;
    CHECK_FALSE(t.admit({1, 1}, 200));
    CHECK(t.admit({1, 2}, 5));
}

}  // namespace oomguard
