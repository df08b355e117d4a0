// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <memory>

#include "family.hpp"
#include "support/catch.hpp"

// What the guard tells of why a process is held or not.
namespace oomguard::daemon {
namespace {

using Outcome = Trial::Outcome;

Trial no_match(const std::string& rule, const std::string& reason) {
    return {Outcome::NoMatch, rule, "", reason};
}

std::vector<Trial> trials_of(const Guarding& t, Pid pid) {
    const auto explanation = t.guard.explain(pid, {});
    REQUIRE(explanation);
    CHECK(explanation->id == t.table.id(pid));
    return explanation->trials;
}

}  // namespace

TEST_CASE("The rules are told of in their order, up to the one that decides") {
    Guarding t({rule("first", "other", exactly(1)), rule("job", "train", exactly(500)),
                rule("last", "train", exactly(2))});
    t.table.start(10, "train", 100);
    t.table.start(11, "shell", 100);
    CHECK(trials_of(t, 10) ==
          std::vector<Trial>{no_match("first", R"(name "train" is not "other")"),
                             {Outcome::Match, "job", "", R"(name "train" is "train")"}});
    CHECK(trials_of(t, 11) ==
          std::vector<Trial>{no_match("first", R"(name "shell" is not "other")"),
                             no_match("job", R"(name "shell" is not "train")"),
                             no_match("last", R"(name "shell" is not "train")")});
    t.set_rules({});
    CHECK(trials_of(t, 10).empty());
    // Nothing was touched by any of it.
    CHECK(t.writer.take().empty());
    CHECK(t.guard.holdings().empty());
}

TEST_CASE("What is never held is told of as that, and no rule is tried") {
    Guarding t({rule("all", "*", exactly(500))});
    t.table.start(1, "init");
    t.table.start(kSelf, "oom-guardd");
    t.table.start(2, "kthreadd").kernel_thread = true;
    t.table.start(10, "train").zombie = true;
    const auto never = [](const std::string& reason) {
        return std::vector<Trial>{{Outcome::Never, "", "", reason}};
    };
    CHECK(trials_of(t, 1) == never("the first process"));
    CHECK(trials_of(t, kSelf) == never("oom-guardd itself"));
    CHECK(trials_of(t, 2) == never("a kernel thread"));
    CHECK(trials_of(t, 10) == never("it has ended, and its parent has not been told yet"));
}

TEST_CASE("Of a process in an exempt cgroup it is told which rule would decide") {
    Guarding t({rule("first", "other", exactly(1)), rule("job", "train", exactly(500))});
    t.guard.set_options(
        {.dry_run = false, .exempt_cgroups = {path_glob("/x"), path_glob("/kubepods/**")}});
    t.table.start(10, "train", 100).cgroup = "/kubepods/pod1";
    CHECK(trials_of(t, 10) ==
          std::vector<Trial>{no_match("first", R"(name "train" is not "other")"),
                             {Outcome::Exempt, "job", "",
                              R"(cgroup "/kubepods/pod1" is exempt by "/kubepods/**")"}});
    // Of one that no rule means it does not matter.
    t.table.processes.at(10).comm = "shell";
    CHECK(trials_of(t, 10) ==
          std::vector<Trial>{no_match("first", R"(name "shell" is not "other")"),
                             no_match("job", R"(name "shell" is not "train")")});
}

TEST_CASE("Of a descendant it is told which rule includes it, and by whom") {
    Family t({job(Children::Include), rule("last", "other", exactly(1))});
    t.forked(10, 11);
    const std::vector<Trial> tried = {no_match("job", R"(name "worker" is not "train")"),
                                      no_match("last", R"(name "worker" is not "other")")};
    auto expected = tried;
    expected.push_back({Outcome::Included, "job", "", R"(a descendant of "train" (pid 10))"});
    CHECK(trials_of(t, 11) == expected);

    SECTION("that has ended") {
        t.table.processes.at(11).parent = 1;
        t.table.end(10);
        t.guard.ended(10, t.now);
        expected.back().reason = "a descendant of process 10, which has ended";
        CHECK(trials_of(t, 11) == expected);
    }
    SECTION("in an exempt cgroup") {
        t.guard.set_options({.dry_run = false, .exempt_cgroups = {path_glob("/**")}});
        expected.back() = {Outcome::Exempt, "job", "", R"(cgroup "/" is exempt by "/**")"};
        CHECK(trials_of(t, 11) == expected);
    }
    SECTION("unless the rule does not include") {
        t.set_rules({job(Children::Reset), rule("last", "other", exactly(1))});
        t.sweep();
        CHECK(trials_of(t, 11) == tried);
    }
}

TEST_CASE("Of an excepted descendant it is told why it is not included") {
    Rule including = job(Children::Include);
    including.except = std::make_shared<const Criteria>(rule_of({.name = {glob("board")}}).match);
    Family t({including});
    t.forked(10, 11, "board");
    CHECK(t.table.score(11) == 100);
    CHECK(trials_of(t, 11) ==
          std::vector<Trial>{
              no_match("job", R"(name "board" is not "train")"),
              no_match("job",
                       R"(a descendant of "train" (pid 10), excepted: name "board" is "board")")});
}

TEST_CASE("The arguments are read only where a rule cannot be told without") {
    Rule by_arguments = rule_of({.name = {glob("train")}, .cmdline = {glob("x")}});
    by_arguments.name = "arguments";
    Guarding t({by_arguments});
    t.table.start(10, "train");
    t.table.start(11, "shell");
    const auto reads_arguments = [&] {
        return std::count(t.table.fields_read.begin(), t.table.fields_read.end(), Field::Cmdline) >
               0;
    };
    CHECK(trials_of(t, 11) ==
          std::vector<Trial>{no_match("arguments", R"(name "shell" is not "train")")});
    CHECK_FALSE(reads_arguments());
    CHECK(trials_of(t, 10) ==
          std::vector<Trial>{no_match("arguments", R"(cmdline "" is not "x")")});
    CHECK(reads_arguments());
}

TEST_CASE("A process that ends while it is explained, at any step, is gone") {
    Guarding t({rule("job", "train", exactly(500))});
    for (int steps = 0;; ++steps) {
        t.table.start(10, "train", 100);
        int left = steps;
        t.table.before = [&](Step, Pid) {
            if (left-- == 0)
                t.table.end(10);
        };
        const auto explanation = t.guard.explain(10, {});
        t.table.before = [](Step, Pid) {};
        if (explanation) {
            CHECK(steps > 4);
            CHECK(t.table.processes.contains(10));
            break;
        }
        CHECK(is_gone(explanation.error()));
    }
    CHECK(is_gone(t.guard.explain(12, {}).error()));
}

}  // namespace oomguard::daemon
