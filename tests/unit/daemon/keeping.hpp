// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/oomd_keeper.hpp"
#include "support/catch.hpp"
#include "support/cgroup.hpp"
#include "support/temp_tree.hpp"

// On real cgroups of the test's own, below which the keeper believes the whole tree to be.
namespace oomguard::daemon {

using oomguard::test::TempTree;
using oomguard::test::TestCgroup;
using Lines = std::vector<std::string>;
using Mark = std::optional<bool>;
inline constexpr auto kOmit = OomdPreference::Omit;
inline constexpr auto kAvoid = OomdPreference::Avoid;
inline const std::string kJob = "/job.scope";

inline std::string state_text(const OomdKeeper::Kept& kept) {
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
inline std::unique_ptr<Keeping> start() {
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

/// With a wish of process 10 for its job, and that granted.
inline std::unique_ptr<Keeping> start_marked(OomdPreference preference = kOmit) {
    auto t = start();
    if (t) {
        t->want(10, preference);
        t->apply();
    }
    return t;
}

}  // namespace oomguard::daemon
