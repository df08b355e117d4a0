// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <unistd.h>

#include "keeping.hpp"
#include "support/child.hpp"

// What is marked, and what is given back when.
namespace oomguard::daemon {

using oomguard::test::Child;
using oomguard::test::fork_child;

TEST_CASE("A cgroup is marked for the first wish, and what was there is back after the last") {
    const auto t = start_marked();
    if (!t)
        return;
    CHECK(t->omit() == Mark(true));
    CHECK(t->avoid() == Mark());
    CHECK(t->take() == Lines{"/job.scope omit by rule: marked"});
    CHECK(t->ledger.ledger().marks.at(t->open().id()) ==
          OomdMark{t->open().id(), kOmit, std::nullopt, kJob});
    t->want(11, kOmit);
    t->wishes.erase(10);
    t->apply();
    CHECK(t->omit() == Mark(true));
    CHECK(t->take().empty());
    t->wishes.erase(11);
    t->apply();
    CHECK(t->omit() == Mark());
    CHECK(t->take() == Lines{"/job.scope given back"});
    CHECK(t->ledger.ledger().marks.empty());
    CHECK(t->keeper.kept().empty());
}

TEST_CASE("A mark that says no is given back as that") {
    const auto t = start();
    if (!t)
        return;
    REQUIRE(t->open().write_mark(kOmit, false));
    t->want(10, kOmit);
    t->apply();
    CHECK(t->omit() == Mark(true));
    t->wishes.clear();
    t->apply();
    CHECK(t->omit() == Mark(false));
}

TEST_CASE("What someone else had marked is kept so, and stays when the wish has gone") {
    const auto t = start();
    if (!t)
        return;
    REQUIRE(t->open().write_mark(kOmit, true));
    t->want(10, kOmit);
    t->apply();
    CHECK(t->take() == Lines{"/job.scope omit by rule: was marked"});
    CHECK(t->ledger.ledger().marks.empty());
    t->wishes.clear();
    t->apply();
    CHECK(t->omit() == Mark(true));
    CHECK(t->take().empty());
}

TEST_CASE("A mark that is taken away is set again, and what was set instead is given back") {
    const auto t = start_marked();
    if (!t)
        return;
    t->take();
    REQUIRE(t->open().write_mark(kOmit, std::nullopt));
    t->apply();
    CHECK(t->omit() == Mark(true));
    CHECK(t->take() == Lines{"/job.scope repaired"});
    REQUIRE(t->open().write_mark(kOmit, false));
    t->apply();
    CHECK(t->omit() == Mark(true));
    t->wishes.clear();
    t->apply();
    CHECK(t->omit() == Mark(false));
}

TEST_CASE("What someone else has set instead by the time it is given back stays") {
    const auto t = start_marked();
    if (!t)
        return;
    REQUIRE(t->open().write_mark(kOmit, false));
    t->wishes.clear();
    t->apply();
    CHECK(t->omit() == Mark(false));
    CHECK(t->ledger.ledger().marks.empty());
}

TEST_CASE("Another preference replaces the one that was set") {
    const auto t = start_marked(kAvoid);
    if (!t)
        return;
    CHECK(t->avoid() == Mark(true));
    t->want(11, kOmit);
    t->apply();
    CHECK(t->omit() == Mark(true));
    CHECK(t->avoid() == Mark());
    t->wishes.erase(11);
    t->apply();
    CHECK(t->omit() == Mark());
    CHECK(t->avoid() == Mark(true));
}

TEST_CASE("The root, a slice and a cgroup with others below it are never marked") {
    const auto t = start();
    if (!t)
        return;
    t->make("/some.slice");
    t->make("/inner");
    t->make("/inner/leaf");
    for (const char* cgroup : {"/", "/some.slice", "/inner"})
        t->want(10 + static_cast<Pid>(t->wishes.all().size()), kOmit, cgroup);
    t->apply();
    CHECK(t->take() ==
          Lines{"/ omit by rule: unfit: it is the root of all cgroups; run the program in a unit "
                "or a scope of its own (systemd-run)",
                "/inner omit by rule: unfit: there are cgroups below it, and a mark would mean "
                "them too, or nothing; run the program in one of its own (systemd-run)",
                "/some.slice omit by rule: unfit: it is a slice, and its processes are in no unit; "
                "run the program in a unit or a scope of its own (systemd-run)"});
    for (const char* cgroup : {"/", "/some.slice", "/inner"})
        CHECK(t->omit(cgroup) == Mark());
    t->apply();
    CHECK(t->take().empty());
}

TEST_CASE("A cgroup below which another is made gets back what it had") {
    const auto t = start_marked();
    if (!t)
        return;
    t->make(kJob + "/leaf");
    t->take();
    t->apply();
    CHECK(t->omit() == Mark());
    CHECK(t->ledger.ledger().marks.empty());
    CHECK(t->take().size() == 2);
    t->remove(kJob + "/leaf");
    t->apply();
    CHECK(t->omit() == Mark(true));
}

TEST_CASE("A cgroup that has gone is forgotten, and one made anew in its place is marked anew") {
    const auto t = start_marked();
    if (!t)
        return;
    t->remove(kJob);
    t->take();
    t->apply();
    CHECK(t->keeper.kept().empty());
    t->make(kJob);
    t->apply();
    CHECK(t->omit() == Mark(true));
    CHECK(t->take() == Lines{"/job.scope omit by rule: marked"});
    CHECK(t->ledger.ledger().marks.size() == 1);
    t->remove(kJob);
    t->make(kJob);
    t->wishes.clear();
    t->apply();
    CHECK(t->omit() == Mark());
    CHECK(t->ledger.ledger().marks.empty());
    CHECK(t->take().empty());
}

TEST_CASE("Those that share a marked cgroup without wanting it are known") {
    const auto t = start();
    if (!t)
        return;
    const Child wanting = fork_child();
    const Child other = fork_child();
    const Child elsewhere = fork_child();
    std::ofstream(t->root.path() + kJob + "/cgroup.procs") << wanting.pid() << std::flush;
    std::ofstream(t->root.path() + kJob + "/cgroup.procs") << other.pid() << std::flush;
    t->want(wanting.pid(), kOmit);
    t->want(elsewhere.pid(), kOmit, "/");
    CHECK(t->keeper.others_in(kJob, t->wishes) == std::vector<Pid>{other.pid()});
    CHECK(t->keeper.others_in("/gone", t->wishes).empty());
    for (const Child* child : {&wanting, &other})
        std::ofstream(t->root.path() + "/cgroup.procs") << child->pid() << std::flush;
}

TEST_CASE("The directories of kept cgroups are known") {
    const auto t = start_marked();
    if (!t)
        return;
    CHECK(t->keeper.keeps(t->root.path() + kJob));
    CHECK_FALSE(t->keeper.keeps(t->root.path()));
    CHECK_FALSE(t->keeper.keeps(t->root.path() + "/other.scope"));
    CHECK_FALSE(t->keeper.keeps(kJob));
}

}  // namespace oomguard::daemon
