// SPDX-License-Identifier: MIT
#include "daemon/guard.hpp"
#include "guarding.hpp"
#include "support/catch.hpp"

// What no rule means is not opened again while it stays as it was.
namespace oomguard::daemon {
namespace {

/// A guard that has looked at one process, 10, which no rule means.
struct Stranger : Guarding {
    Stranger() : Guarding({rule("job", "train", exactly(500))}) {
        table.start(10, "other");
        look(10);
        table.opened.clear();
    }

    bool is_opened() {
        look(10);
        return !std::exchange(table.opened, {}).empty();
    }
};

}  // namespace

TEST_CASE("A stranger is opened at the first look, and not while it is as it was") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "other");
    CHECK(t.look(10));
    CHECK(t.table.opened == std::vector<Pid>{10});
    CHECK(t.look(10));
    CHECK(*t.guard.sweep(t.now) == 1);
    CHECK(t.table.opened == std::vector<Pid>{10});
}

TEST_CASE("A stranger is opened again after all that could make a rule mean it") {
    Stranger t;
    CHECK_FALSE(t.is_opened());
    SECTION("an exec") {
        t.table.processes.at(10).image = 2;
    }
    SECTION("another name") {
        t.table.processes.at(10).comm = "else";
    }
    SECTION("another process of its pid") {
        t.table.start(10, "other");
    }
    SECTION("other rules") {
        t.set_rules({rule("job", "train", exactly(500))});
    }
    SECTION("a parent that is held") {
        t.table.start(9, "train");
        t.look(9);
        t.table.processes.at(10).parent = 9;
    }
    t.table.opened.clear();
    CHECK(t.is_opened());
}

TEST_CASE("A stranger is opened now and then, since its executable may have been moved") {
    Stranger t;
    for (int round = 0; round < 3; ++round) {
        for (int glances = 0; glances < 6; ++glances)
            CHECK_FALSE(t.is_opened());
        CHECK(t.is_opened());
    }
}

TEST_CASE("A stranger whose exec could not be seen is opened each time") {
    Stranger t;
    t.table.processes.at(10).image = 0;
    CHECK(t.is_opened());
    CHECK(t.is_opened());
}

TEST_CASE("A process is opened each time if more than its program tells that no rule means it") {
    Rule by_user = rule("job", "train", exactly(500));
    by_user.match.user = {user(5)};
    Guarding t({std::move(by_user)});
    t.table.start(10, "train");
    t.look(10);
    t.table.processes.at(10).uid = 5;
    t.look(10);
    CHECK(t.table.score(10) == 500);
}

TEST_CASE("A process that a rule leaves alone for its score is opened each time") {
    Guarding t({rule("limit", "train", {Value::Kind::AtLeast, 300})});
    t.table.start(10, "train", 400);
    t.look(10);
    t.table.processes.at(10).score = 0;
    t.look(10);
    CHECK(t.table.score(10) == 300);
}

TEST_CASE("A forked child is like its parent if no rule asked for the parent's family") {
    Rule by_parent = rule("job", "worker", exactly(500));
    by_parent.match.parent = {glob("shell")};
    Guarding t({std::move(by_parent)});
    CHECK_FALSE(t.guard.is_child_alike(10));
    t.table.start(10, "other");
    t.table.start(11, "worker");
    t.look(10);
    t.look(11);
    CHECK(t.guard.is_child_alike(10));
    CHECK_FALSE(t.guard.is_child_alike(11));
    t.set_rules({});
    CHECK_FALSE(t.guard.is_child_alike(10));
}

TEST_CASE("A kernel thread is opened once, whatever it calls itself then") {
    Guarding t({rule("job", "kworker*", exactly(500))});
    t.table.start(20, "kworker/0:1");
    t.table.processes.at(20).kernel_thread = true;
    t.table.processes.at(20).image = 0;
    CHECK_FALSE(t.look(20));
    t.table.processes.at(20).comm = "kworker/0:1-events";
    CHECK_FALSE(t.look(20));
    CHECK(t.table.opened == std::vector<Pid>{20});
    CHECK(*t.guard.sweep(t.now) == 0);
}

TEST_CASE("A stranger that has ended, or is a zombie, is no process to count") {
    Stranger t;
    t.table.end(10);
    CHECK_FALSE(t.look(10));
}

}  // namespace oomguard::daemon
