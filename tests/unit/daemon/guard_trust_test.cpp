// SPDX-License-Identifier: MIT
#include <memory>

#include "guarding.hpp"
#include "support/catch.hpp"

// A process that is someone's, and that a rule would protect for what anyone can choose.
namespace oomguard::daemon {
namespace {

using Outcome = Trial::Outcome;

constexpr const char* kWhy =
    "user 1000 is neither named by the rule nor a system account, and anyone can run a program "
    "under any name and with any arguments: add user: or unit:, or trust: any";

Rule verified(const std::string& name, const std::string& program, Value value,
              Children children = Children::Reset) {
    Rule made = rule(name, program, value);
    made.trust = Trust::Verified;
    made.children = children;
    return made;
}

Rule of_user(Rule made, Uid uid) {
    made.match.user = {{user(uid)}};
    return made;
}

std::vector<Trial> trials_of(const Guarding& t, Pid pid) {
    const auto explanation = t.guard.explain(pid, {});
    REQUIRE(explanation);
    return explanation->trials;
}

/// A process of user 1000 that calls itself like what the rule means.
struct Pretending : Guarding {
    explicit Pretending(Value value, int score = 0)
        : Guarding({verified("db", "postgres", value)}) {
        table.start(10, "postgres", score);
    }
};

}  // namespace

TEST_CASE("By a name alone no score is lowered, which is told once and explained") {
    Pretending t(exactly(-500));
    CHECK(t.guard.sweep(t.now));
    CHECK(t.guard.sweep(t.now));
    CHECK(t.table.score(10) == 0);
    CHECK_FALSE(t.holds(10));
    CHECK(t.writer.take().empty());
    CHECK(t.seen.take() == Lines{"distrusted 10: by db"});
    CHECK(trials_of(t, 10) ==
          std::vector<Trial>{{Outcome::Distrusted, "db", "",
                              std::string(R"(name "postgres" is "postgres"; but )") + kWhy}});
    SECTION("and another process that takes its pid is told of again") {
        t.table.start(10, "postgres");
        t.look(10);
        CHECK(t.seen.take() == Lines{"distrusted 10: by db"});
    }
    SECTION("and so it is with other rules") {
        t.set_rules({verified("db", "postgres", exactly(-400))});
        t.look(10);
        CHECK(t.seen.take() == Lines{"distrusted 10: by db"});
    }
}

TEST_CASE("To lower is to go below what the process would have without the rule") {
    SECTION("not below 0, but below its own") {
        Pretending t(exactly(200), 500);
        t.look(10);
        CHECK(t.table.score(10) == 500);
        CHECK(t.seen.take() == Lines{"distrusted 10: by db"});
    }
    SECTION("and a limit that it respects itself lowers nothing") {
        Pretending t({Value::Kind::AtMost, -500}, -600);
        t.look(10);
        CHECK(t.state(10) == "held");
        // Whoever raises it now has the last word.
        t.table.processes.at(10).score = 0;
        t.look(10);
        CHECK_FALSE(t.holds(10));
        CHECK(t.table.score(10) == 0);
    }
    SECTION("nor does a raise, as which it stays when the process goes further") {
        Pretending t(exactly(200));
        t.look(10);
        CHECK(t.table.score(10) == 200);
        t.table.processes.at(10).score = 700;
        t.look(10);
        CHECK(t.table.score(10) == 200);
    }
}

TEST_CASE("The search goes on, so that whoever imitates a program is not spared by a later rule") {
    Guarding t({verified("db", "postgres", exactly(-500)), verified("db2", "post*", exactly(-300)),
                verified("users", "*", {Value::Kind::AtLeast, 300})});
    t.table.start(10, "postgres");
    t.look(10);
    CHECK(t.table.score(10) == 300);
    CHECK(t.holding(10).rule == "users");
    CHECK(t.seen.take() == Lines{"distrusted 10: by db", "held 10: 0 -> 300 by users"});
    const auto trials = trials_of(t, 10);
    REQUIRE(trials.size() == 3);
    CHECK(trials[0].outcome == Outcome::Distrusted);
    CHECK(trials[1].outcome == Outcome::Distrusted);
    CHECK(trials[2].outcome == Outcome::Match);
    // By what it has now, the first would not lower it below its own either.
    t.look(10);
    CHECK(t.holding(10).rule == "users");
    CHECK(t.seen.take().empty());
}

TEST_CASE("Who is named, a system account or in a place of the system is protected") {
    SECTION("named") {
        Guarding t({of_user(verified("db", "postgres", exactly(-500)), 1000)});
        t.table.start(10, "postgres");
        t.look(10);
        CHECK(t.table.score(10) == -500);
        CHECK(t.table.fields_read == std::vector<Field>{Field::Credentials, Field::Cgroup});
    }
    SECTION("a system account") {
        Pretending t(exactly(-500));
        t.table.processes.at(10).uid = 105;
        t.look(10);
        CHECK(t.table.score(10) == -500);
        SECTION("until it becomes someone else") {
            t.table.processes.at(10).uid = 1000;
            t.look(10);
            CHECK(t.table.score(10) == 0);
            CHECK_FALSE(t.holds(10));
        }
        SECTION("unless that uid is one of a user's namespaces") {
            t.guard.set_options(
                {.dry_run = false, .exempt_cgroups = {}, .system_accounts = {1000, {{100, 10}}}});
            t.look(10);
            CHECK(t.table.score(10) == 0);
        }
    }
    SECTION("a system unit, but not one of a user's making") {
        Rule of_unit = verified("db", "postgres", exactly(-500));
        of_unit.match.unit = std::vector<Pattern>{glob("postgresql.service")};
        Guarding t({of_unit});
        FakeProcess& process = t.table.start(10, "postgres");
        process.cgroup = "/system.slice/postgresql.service";
        process.cgroup_owners = {0, 0};
        process.uid = 2000;
        FakeProcess& other = t.table.start(11, "postgres");
        other.cgroup = "/alice.slice/postgresql.service";
        other.cgroup_owners = {0, 1000};
        CHECK(t.guard.sweep(t.now));
        CHECK(t.table.score(10) == -500);
        CHECK(t.table.score(11) == 0);
    }
    SECTION("by root's word for the one process, and then its descendants too") {
        Pretending t(exactly(-500));
        t.table.fork(10, 11);
        CHECK_FALSE(t.guard.pin(10, -400, Children::Include, t.now));
        t.look(11);
        CHECK(t.table.score(10) == -400);
        CHECK(t.table.score(11) == -400);
    }
}

TEST_CASE("Descendants are protected with who has started them, whosever they are") {
    Guarding t({verified("db", "postgres", exactly(-500), Children::Include)});
    t.table.start(10, "postgres").uid = 105;
    t.look(10);
    t.table.fork(10, 11);
    t.table.processes.at(11).comm = "worker";
    t.table.processes.at(11).uid = 1000;
    t.guard.examine(11, t.now, 10);
    CHECK(t.holding(11).is_by_descent);
    CHECK(t.table.score(11) == -500);
    SECTION("and stay so when that has ended") {
        t.table.end(10);
        t.table.processes.at(11).parent = 1;
        t.guard.ended(10, t.now);
        CHECK(t.guard.sweep(t.now));
        CHECK(t.table.score(11) == -500);
        CHECK(t.holds(11));
    }
}

TEST_CASE("Nobody is lowered as the descendant of a process that may not be") {
    Guarding t({verified("db", "postgres", exactly(-500), Children::Include)});
    // At the rule's value by itself, so that it is held without being lowered.
    t.table.start(10, "postgres", -500);
    t.look(10);
    CHECK(t.holds(10));
    t.table.fork(10, 11);
    t.table.processes.at(11).comm = "worker";
    t.table.processes.at(11).score = 0;
    t.guard.examine(11, t.now, 10);
    CHECK(t.table.score(11) == 0);
    CHECK_FALSE(t.holds(11));
    const auto trials = trials_of(t, 11);
    REQUIRE(trials.size() == 2);
    CHECK(trials[1] == Trial{Outcome::Distrusted, "db", "",
                             std::string(R"(a descendant of "postgres" (pid 10); but )") + kWhy});
}

TEST_CASE("By a name alone systemd-oomd is asked for nothing, whatever becomes of the score") {
    Rule marked = verified("db", "postgres", {Value::Kind::AtLeast, 100});
    marked.systemd_oomd = OomdPreference::Omit;
    Guarding t({marked});
    t.table.start(10, "postgres").cgroup = "/user.slice/a.scope";
    t.look(10);
    CHECK(t.table.score(10) == 100);
    CHECK(t.guard.wishes().all().empty());
    CHECK(t.seen.take() == Lines{"distrusted 10: by db", "held 10: 0 -> 100 by db"});
    const auto trials = trials_of(t, 10);
    REQUIRE(trials.size() == 2);
    CHECK(trials[0].outcome == Outcome::Match);
    CHECK(trials[1] ==
          Trial{Outcome::Oomd, "db", "", std::string("systemd-oomd is told nothing: ") + kWhy});
    SECTION("nor with Hold, which asks for a score only") {
        CHECK_FALSE(t.guard.pin(10, 50, Children::Reset, t.now));
        CHECK(t.guard.wishes().all().empty());
    }
    SECTION("but for a system account") {
        t.table.processes.at(10).uid = 0;
        t.look(10);
        CHECK(t.guard.wishes().all().size() == 1);
    }
}

TEST_CASE("What is left to its descendants by inheritance is no protection by a name") {
    Guarding t({of_user(verified("db", "postgres", exactly(-500)), 105),
                verified("worker", "worker", exactly(-400))});
    t.table.start(10, "postgres").uid = 105;
    t.look(10);
    t.table.fork(10, 11);
    t.table.processes.at(11).comm = "worker";
    t.table.processes.at(11).uid = 1000;
    t.guard.examine(11, t.now, 10);
    CHECK(t.table.score(11) == 0);
    CHECK_FALSE(t.holds(11));
}

}  // namespace oomguard::daemon
