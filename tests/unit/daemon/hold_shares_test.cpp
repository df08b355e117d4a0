// SPDX-License-Identifier: MIT
#include "daemon/bus/hold_shares.hpp"

#include "support/catch.hpp"

using namespace oomguard;
using namespace oomguard::daemon;

namespace {

struct Held {
    Pins pins;
    HoldShares shares;

    void hold(Uid user, Pid pid) {
        pins.set({pid, 1}, pin_rule(pid, 500, Children::Reset));
        shares.note(user, pid);
    }
    void hold_as_many_as_may_be(Uid user) {
        for (Pid pid = 100; pid < 100 + static_cast<Pid>(HoldShares::kMost); ++pid) {
            REQUIRE_FALSE(shares.is_full(user, pid, pins));
            hold(user, pid);
        }
    }
};

}  // namespace

TEST_CASE("a user may have 256 processes held, and others as many") {
    Held t;
    t.hold_as_many_as_may_be(1000);
    CHECK(t.shares.is_full(1000, 99, t.pins));
    CHECK_FALSE(t.shares.is_full(1001, 99, t.pins));
}

TEST_CASE("a process that the user has held already is none more") {
    Held t;
    t.hold_as_many_as_may_be(1000);
    CHECK_FALSE(t.shares.is_full(1000, 100, t.pins));
}

TEST_CASE("what is held no more, or by another now, counts no more") {
    Held t;
    t.hold_as_many_as_may_be(1000);
    SECTION("released, or ended") {
        t.pins.erase({100, 1});
    }
    SECTION("another user's") {
        t.hold(1001, 100);
    }
    SECTION("root's") {
        t.shares.forget(100);
    }
    CHECK_FALSE(t.shares.is_full(1000, 99, t.pins));
}
