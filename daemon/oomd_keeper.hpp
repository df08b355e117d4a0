// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "daemon/ledger_file.hpp"
#include "daemon/oomd_wishes.hpp"
#include "sys/cgroup_dir.hpp"

namespace oomguard::daemon {

/// Keeps systemd-oomd told what the guard's wishes want: marks the cgroups of the processes, marks
/// them again when somebody has taken that away (as systemd does whenever it realises a unit), and
/// gives back what was there before when the last wish has gone. Every mark is on record first.
class OomdKeeper {
  public:
    /// What has become of the wishes for one cgroup.
    struct Kept {
        enum class State {
            Marked,
            Unfit,   ///< it is none that may be marked
            Failed,  ///< it could not be
            DryRun,  ///< it would be
        };

        OomdPreference preference = OomdPreference::None;
        std::string rule;
        State state = State::Marked;
        bool was_there = false;  ///< someone else had marked it so
        Uid owner = 0;           ///< of the cgroup
        std::string reason;      ///< why it is not marked; empty if it is

        friend bool operator==(const Kept&, const Kept&) = default;
    };

    struct Hooks {
        /// It is kept now that was not, or otherwise than before.
        std::function<void(const std::string& cgroup, const Kept& kept)> changed;
        /// Someone had taken the mark away, and it is there again.
        std::function<void(const std::string& cgroup, const Kept& kept)> repaired;
        /// What was there before is back; or it could not be given back, told once for each reason.
        std::function<void(const OomdMark& mark, const Result<void>& done)> given_back;
    };

    struct Options {
        bool dry_run = false;
        /// What an earlier daemon has marked stays: it is not known what the rules mean.
        bool keep_adopted = false;
    };

    /// `mount`: where the v2 tree is; an error if nowhere. The ledger must outlive this.
    OomdKeeper(LedgerFile& ledger, Result<std::string> mount, Hooks hooks);

    /// To be called when the ledger has been read: its marks are those of an earlier daemon.
    void adopt();

    /// Makes all cgroups what the wishes want. They must be complete.
    void apply(const OomdWishes& wishes, Options options);

    /// Gives everything back. What cannot be given back stays on record; how many.
    std::size_t release_all();

    /// By cgroup.
    [[nodiscard]] const std::map<std::string, Kept>& kept() const { return kept_; }

    /// Whether this directory is that of a kept cgroup.
    [[nodiscard]] bool keeps(const std::string& directory) const;

    /// Those in the cgroup that want nothing of systemd-oomd, and share what the others want.
    [[nodiscard]] std::vector<Pid> others_in(const std::string& cgroup,
                                             const OomdWishes& wishes) const;

  private:
    void keep(const std::string& cgroup, const OomdWishes::Joint& joint, bool dry_run);
    Result<void> mark(const sys::CgroupDir& dir, const std::string& cgroup, Kept& kept);
    void forget_earlier(const std::string& cgroup);
    Result<void> give_back(const OomdMark& mark);
    Result<void> try_give_back(const OomdMark& mark) const;

    LedgerFile& ledger_;
    Result<std::string> mount_;
    Hooks hooks_;
    std::map<std::string, Kept> kept_;
    std::set<std::uint64_t> adopted_;
    std::map<std::uint64_t, std::string> told_failures_;
};

}  // namespace oomguard::daemon
