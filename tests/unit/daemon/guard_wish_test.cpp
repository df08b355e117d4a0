// SPDX-License-Identifier: MIT
#include "guarding.hpp"
#include "support/catch.hpp"

// What the guard notes of what systemd-oomd is to be told.
namespace oomguard::daemon {
namespace {

using Wish = OomdWishes::Wish;
constexpr auto kOmit = OomdPreference::Omit;
constexpr auto kAvoid = OomdPreference::Avoid;

Rule wishing(const std::string& name, const std::string& program, Value value,
             OomdPreference preference) {
    Rule made = rule(name, program, value);
    made.systemd_oomd = preference;
    return made;
}

/// One process with a rule that wants something of systemd-oomd.
struct Wishing : Guarding {
    Wishing() : Guarding({wishing("job", "train", exactly(500), kOmit)}) {
        table.start(10, "train").cgroup = "/user.slice/job.scope";
        look(10);
    }

    [[nodiscard]] std::optional<Wish> wish(Pid pid) const {
        const auto found = guard.wishes().all().find(pid);
        return found == guard.wishes().all().end() ? std::nullopt : std::optional(found->second);
    }
    /// How often a change was told since the last time.
    int changes() { return std::exchange(seen.wish_changes, 0); }
};

}  // namespace

TEST_CASE("What a rule wants of systemd-oomd is noted with the process's cgroup, and told once") {
    Wishing t;
    CHECK(t.wish(10) == Wish{t.table.id(10), "/user.slice/job.scope", kOmit, "job"});
    CHECK(t.changes() == 1);
    t.look(10);
    CHECK(t.guard.sweep(t.now));
    CHECK(t.changes() == 0);
}

TEST_CASE("A rule without systemd_oomd wants nothing of it, and no cgroup is read for it again") {
    Guarding t({rule("job", "train", exactly(500))});
    t.table.start(10, "train");
    t.look(10);
    t.table.fields_read.clear();
    t.look(10);
    CHECK(t.guard.wishes().all().empty());
    CHECK(t.table.fields_read == std::vector<Field>{Field::Credentials});
}

TEST_CASE("A process that moves to another cgroup takes its wish with it") {
    Wishing t;
    t.changes();
    t.table.processes.at(10).cgroup = "/other.scope";
    t.look(10);
    CHECK(t.wish(10)->cgroup == "/other.scope");
    CHECK(t.changes() == 1);
}

TEST_CASE("A wish ends with its process, however that is found") {
    Wishing t;
    t.changes();
    SECTION("by its end being told") {
        t.table.end(10);
        t.guard.ended(10, t.now);
    }
    SECTION("by a sweep") {
        t.table.end(10);
        CHECK(t.guard.sweep(t.now));
    }
    SECTION("as a zombie") {
        t.table.processes.at(10).zombie = true;
        t.look(10);
    }
    SECTION("by another that has its pid") {
        t.table.start(10, "other");
        t.look(10);
    }
    CHECK_FALSE(t.wish(10));
    CHECK(t.changes() == 1);
}

TEST_CASE("A wish ends when its rule means the process no more, or wants nothing any more") {
    Wishing t;
    t.changes();
    SECTION("another name") {
        t.table.processes.at(10).comm = "idle";
    }
    SECTION("rules without it") {
        t.set_rules({rule("job", "train", exactly(500))});
    }
    SECTION("its cgroup is exempt") {
        t.guard.set_options({.exempt_cgroups = {path_glob("/**")}});
    }
    t.look(10);
    CHECK_FALSE(t.wish(10));
    CHECK(t.changes() == 1);
}

TEST_CASE("A rule can leave the score alone and still want something of systemd-oomd") {
    Wishing t;
    t.set_rules({wishing("job", "train", Value{}, kAvoid)});
    t.look(10);
    CHECK_FALSE(t.holds(10));
    CHECK(t.wish(10)->preference == kAvoid);
    t.table.end(10);
    CHECK(t.guard.sweep(t.now));
    CHECK_FALSE(t.wish(10));
}

TEST_CASE("Descendants that a rule includes want what it wants") {
    Wishing t;
    Rule including = wishing("job", "train", exactly(500), kOmit);
    including.children = Children::Include;
    t.set_rules({including});
    t.look(10);
    FakeProcess& child = t.table.fork(10, 11);
    child.comm = "worker";
    child.cgroup = "/workers.scope";
    t.look(11);
    CHECK(t.wish(11) == Wish{t.table.id(11), "/workers.scope", kOmit, "job"});
}

TEST_CASE("Hold asks for a score, and what the rule wants of systemd-oomd stays") {
    Wishing t;
    CHECK(t.guard.pin(10, 300, Children::Reset, t.now) == std::nullopt);
    CHECK(t.holding(10).rule == "hold 10");
    CHECK(t.wish(10)->rule == "job");
    t.table.start(11, "other");
    CHECK(t.guard.pin(11, 300, Children::Reset, t.now) == std::nullopt);
    CHECK_FALSE(t.wish(11));
}

TEST_CASE("A write that the kernel refuses does not keep systemd-oomd from being told") {
    Guarding t({wishing("job", "train", exactly(500), kOmit)});
    t.table.start(10, "train");
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    t.look(10);
    CHECK(t.state(10) == "refused");
    CHECK(t.guard.wishes().all().contains(10));
}

TEST_CASE("Wishes are bounded as holdings are, and those over the limit are counted once") {
    Guarding t(
        {wishing("left", "left", Value{}, kOmit), wishing("job", "train", exactly(5), kOmit)});
    t.guard.set_options({.exempt_cgroups = {}, .most_holdings = 1});
    t.table.start(10, "left");
    t.table.start(11, "left");
    t.table.start(12, "train");
    t.table.start(13, "train");
    CHECK(t.guard.sweep(t.now));
    CHECK(t.guard.wishes().all().size() == 1);
    CHECK(t.guard.holdings().size() == 1);
    CHECK(t.guard.counters().over_limit == 3);
}

TEST_CASE("Of all wishes for one cgroup the one that spares most counts") {
    OomdWishes wishes;
    CHECK(wishes.set({{10, 1}, "/a", kAvoid, "first"}));
    CHECK(wishes.set({{11, 1}, "/a", kOmit, "second"}));
    CHECK(wishes.set({{12, 1}, "/a", kOmit, "third"}));
    CHECK(wishes.set({{13, 1}, "/b", kAvoid, "fourth"}));
    const auto joints = wishes.by_cgroup();
    CHECK(joints.size() == 2);
    CHECK(joints.at("/a").preference == kOmit);
    CHECK(joints.at("/a").rule == "second");
    CHECK(joints.at("/b").preference == kAvoid);
    CHECK(joints.at("/b").rule == "fourth");
}

}  // namespace oomguard::daemon
