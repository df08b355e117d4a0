// SPDX-License-Identifier: MIT
#include "daemon/oomd_keeper.hpp"

#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/child.hpp"
#include "support/temp_tree.hpp"

// On real cgroups of the test's own, below which the keeper believes the whole tree to be.
namespace oomguard::daemon {
namespace {

using oomguard::test::Child;
using oomguard::test::fork_child;
using oomguard::test::TempTree;
using oomguard::test::TestCgroup;
using Lines = std::vector<std::string>;
using Mark = std::optional<bool>;
constexpr auto kOmit = OomdPreference::Omit;
constexpr auto kAvoid = OomdPreference::Avoid;
const std::string kJob = "/job.scope";

std::string state_text(const OomdKeeper::Kept& kept) {
    switch (kept.state) {
        case OomdKeeper::Kept::State::Marked:
            return kept.was_there ? "was marked" : "marked";
        case OomdKeeper::Kept::State::Unfit:
            return "unfit: " + kept.reason;
        case OomdKeeper::Kept::State::Failed:
            return "failed: " + kept.reason;
        case OomdKeeper::Kept::State::DryRun:
            break;
    }
    return "dry run";
}

struct Keeping {
    TestCgroup root;
    TempTree tree;
    LedgerFile ledger{tree.path("ledger"), "boot"};
    Lines told;
    OomdKeeper keeper{ledger, root.path(), hooks()};
    OomdWishes wishes;

    explicit Keeping(TestCgroup cgroup) : root(std::move(cgroup)) {
        REQUIRE(ledger.open());
        make(kJob);
    }
    Keeping(const Keeping&) = delete;
    Keeping& operator=(const Keeping&) = delete;
    ~Keeping() {
        for (auto at = made.rbegin(); at != made.rend(); ++at)
            ::rmdir(at->c_str());
    }

    OomdKeeper::Hooks hooks() {
        return {
            .changed =
                [this](const std::string& cgroup, const OomdKeeper::Kept& kept) {
                    told.push_back(cgroup + " " + preference_text(kept.preference) + " by " +
                                   kept.rule + ": " + state_text(kept));
                },
            .repaired = [this](const std::string& cgroup,
                               const OomdKeeper::Kept&) { told.push_back(cgroup + " repaired"); },
            .given_back =
                [this](const OomdMark& mark, const Result<void>& done) {
                    told.push_back(mark.cgroup + " given back" +
                                   (done ? "" : ": " + done.error().message()));
                },
        };
    }

    void make(const std::string& cgroup) {
        made.push_back(root.path() + cgroup);
        REQUIRE(::mkdir(made.back().c_str(), 0755) == 0);
    }
    void remove(const std::string& cgroup) {
        REQUIRE(::rmdir((root.path() + cgroup).c_str()) == 0);
        std::erase(made, root.path() + cgroup);
    }

    [[nodiscard]] sys::CgroupDir open(const std::string& cgroup = kJob) const {
        auto dir = sys::CgroupDir::open(root.path(), cgroup);
        REQUIRE(dir);
        return *std::move(dir);
    }
    [[nodiscard]] Mark omit(const std::string& cgroup = kJob) const {
        return *open(cgroup).read_mark(kOmit);
    }
    [[nodiscard]] Mark avoid(const std::string& cgroup = kJob) const {
        return *open(cgroup).read_mark(kAvoid);
    }

    void want(Pid pid, OomdPreference preference, const std::string& cgroup = kJob) {
        wishes.set({{pid, 1}, cgroup, preference, "rule"});
    }
    void apply(OomdKeeper::Options options = {}) { keeper.apply(wishes, options); }
    /// What was told since the last time.
    Lines take() { return std::exchange(told, {}); }

    std::vector<std::string> made;
};

/// None, and a word to skip, where no cgroup with attributes can be made.
std::unique_ptr<Keeping> start() {
    std::string why_not;
    auto cgroup = TestCgroup::create(why_not);
    if (cgroup) {
        const auto dir = sys::CgroupDir::open(cgroup->path(), "/");
        if (dir && dir->write_mark(kOmit, std::nullopt))
            return std::make_unique<Keeping>(*std::move(cgroup));
        why_not = "no extended attributes on cgroups";
    }
    WARN("skipped: " << why_not);
    return nullptr;
}

}  // namespace

TEST_CASE("A cgroup is marked for the first wish, and what was there is back after the last") {
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
    REQUIRE(t->open().write_mark(kOmit, false));
    t->wishes.clear();
    t->apply();
    CHECK(t->omit() == Mark(false));
    CHECK(t->ledger.ledger().marks.empty());
}

TEST_CASE("Another preference replaces the one that was set") {
    const auto t = start();
    if (!t)
        return;
    t->want(10, kAvoid);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kAvoid);
    t->apply();
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
    const auto t = start();
    if (!t)
        return;
    t->want(10, kOmit);
    t->apply();
    CHECK(t->keeper.keeps(t->root.path() + kJob));
    CHECK_FALSE(t->keeper.keeps(t->root.path()));
    CHECK_FALSE(t->keeper.keeps(t->root.path() + "/other.scope"));
    CHECK_FALSE(t->keeper.keeps(kJob));
}

}  // namespace oomguard::daemon
