// SPDX-License-Identifier: MIT
#include <cerrno>

#include <sys/xattr.h>

#include "keeping.hpp"

// Dry runs, refusals, and what one daemon leaves to the next.
namespace oomguard::daemon {

TEST_CASE("In a dry run nothing is marked and nothing given back") {
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply({.dry_run = true});
    CHECK(t->omit() == Mark());
    CHECK(t->take() == Lines{"/job.scope omit by rule: dry run"});
    t->apply();
    CHECK(t->omit() == Mark(true));
    t->wishes.clear();
    t->apply({.dry_run = true});
    CHECK(t->omit() == Mark(true));
}

TEST_CASE("In a dry run that begins later what is marked stays so, and is told as marked") {
    const auto t = start_marked();
    if (!t)
        return;
    t->take();
    t->apply({.dry_run = true});
    CHECK(t->omit() == Mark(true));
    CHECK(t->take().empty());
}

TEST_CASE("A mark that the kernel refuses is told once, and leaves nothing on record") {
    const auto t = start();
    if (!t)
        return;
    // As many as a cgroup may have (KERNFS_MAX_USER_XATTRS in fs/kernfs/inode.c).
    int count = 0;
    while (::setxattr((t->root.path() + kJob).c_str(),
                      ("user.oomguard-test-" + std::to_string(count)).c_str(), "1", 1, 0) == 0)
        REQUIRE(++count < 1000);
    t->want(10, kOmit);
    t->apply();
    t->apply();
    CHECK(t->take() == Lines{"/job.scope omit by rule: failed: write the attribute user.oomd_omit "
                             "of " +
                             t->root.path() + kJob + ": No space left on device"});
    CHECK(t->ledger.ledger().marks.empty());
}

TEST_CASE("The marks of an earlier daemon make way for another preference, whatever is kept") {
    const auto t = start_marked(kAvoid);
    if (!t)
        return;
    LedgerFile ledger(t->tree.path("ledger"), "boot");
    REQUIRE(ledger.open());
    OomdKeeper next(ledger, t->root.path(), t->hooks());
    next.adopt();
    OomdWishes wishes;
    wishes.set({{10, 1}, kJob, kOmit, "rule"});
    next.apply(wishes, {.keep_adopted = true});
    CHECK(t->omit() == Mark(true));
    CHECK(t->avoid() == Mark());
    CHECK(next.release_all() == 0);
    CHECK(t->omit() == Mark());
}

TEST_CASE("The marks of an earlier daemon are taken over, and given back if no rule wants them") {
    const auto t = start();
    if (!t)
        return;
    t->make("/other.scope");
    t->want(10, kOmit);
    t->want(11, kOmit, "/other.scope");
    t->apply();
    LedgerFile ledger(t->tree.path("ledger"), "boot");
    REQUIRE(ledger.open());
    OomdKeeper next(ledger, t->root.path(), t->hooks());
    next.adopt();
    t->take();
    OomdWishes wishes;
    wishes.set({{10, 1}, kJob, kOmit, "rule"});
    next.apply(wishes, {.keep_adopted = true});
    CHECK(t->omit("/other.scope") == Mark(true));
    next.apply(wishes, {});
    CHECK(t->omit("/other.scope") == Mark());
    CHECK(t->omit() == Mark(true));
    next.apply({}, {.keep_adopted = true});
    CHECK(t->omit() == Mark());
}

TEST_CASE("All marks are given back at the end") {
    const auto t = start();
    if (!t)
        return;
    t->make("/other.scope");
    t->want(10, kOmit);
    t->want(11, kAvoid, "/other.scope");
    t->apply();
    CHECK(t->keeper.release_all() == 0);
    CHECK(t->omit() == Mark());
    CHECK(t->avoid("/other.scope") == Mark());
    CHECK(t->ledger.ledger().marks.empty());
}

TEST_CASE("A mark that cannot be set is told once, and leaves nothing on record") {
    const TempTree tree{{"job.scope/", ""}};
    LedgerFile ledger(tree.path("ledger"), "boot");
    REQUIRE(ledger.open());
    Lines told;
    const auto tell = [&](const std::string& cgroup, const OomdKeeper::Kept& kept) {
        told.push_back(cgroup + " " + state_text(kept));
    };
    OomdKeeper keeper(ledger, errno_error(ENOENT, "find a mount of type cgroup2"),
                      {.changed = tell, .repaired = {}, .given_back = {}});
    OomdWishes wishes;
    wishes.set({{10, 1}, kJob, kOmit, "rule"});
    keeper.apply(wishes, {});
    keeper.apply(wishes, {});
    CHECK(told == Lines{"/job.scope failed: find a mount of type cgroup2: No such file or "
                        "directory"});
    CHECK(ledger.ledger().marks.empty());
    CHECK(keeper.release_all() == 0);
}

}  // namespace oomguard::daemon
