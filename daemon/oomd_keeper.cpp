// SPDX-License-Identifier: MIT
#include "daemon/oomd_keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "sys/cgroup_memory.hpp"
#include "sys/cgroupfs.hpp"

namespace oomguard::daemon {
namespace {

using State = OomdKeeper::Kept::State;

/// Why systemd-oomd would not look at a mark on this cgroup, or it would mean more than the
/// processes do; empty if it may be marked.
std::string why_unfit(const sys::CgroupDir& dir, const std::string& mount,
                      const std::string& cgroup) {
    if (cgroup == "/")
        return "it is the root of all cgroups; run the program in a unit or a scope of its own "
               "(systemd-run)";
    if (cgroup.ends_with(".slice"))
        return "it is a slice, and its processes are in no unit; run the program in a unit or a "
               "scope of its own (systemd-run)";
    if (dir.has_children())
        return "there are cgroups below it, and a mark would mean them too, or nothing; run the "
               "program in one of its own (systemd-run)";
    for (std::string above = cgroup.substr(0, cgroup.rfind('/')); !above.empty();
         above.erase(above.rfind('/'))) {
        const auto is_group = sys::has_oom_group(mount + above);
        if (is_group && *is_group)
            return "systemd-oomd takes all of " + above +
                   " together (memory.oom.group), and looks at no mark below it; set "
                   "ManagedOOMPreference= in that unit";
    }
    return "";
}

std::string failure_text(const Error& error) {
    std::string text = error.message();
    if (is_denied(error))
        return text +
               "; this needs CAP_DAC_OVERRIDE: run the daemon by its unit oom-guardd.service";
    if (error.code == std::errc::read_only_file_system)
        return text +
               "; the daemon's unit may write only to the slices in its ReadWritePaths= that were "
               "there when it started: restart it, or add the slice with systemctl edit oom-guardd";
    if (error.code == std::errc::not_supported)
        return text + "; this kernel has no such attributes of cgroups, Linux 5.7 and later have";
    return text;
}

}  // namespace

OomdKeeper::OomdKeeper(LedgerFile& ledger, Result<std::string> mount, Hooks hooks)
    : ledger_(ledger), mount_(std::move(mount)), hooks_(std::move(hooks)) {}

void OomdKeeper::adopt() {
    for (const auto& [id, mark] : ledger_.ledger().marks)
        adopted_.insert(id);
}

void OomdKeeper::apply(const OomdWishes& wishes, Options options) {
    const auto joints = wishes.by_cgroup();
    std::erase_if(kept_, [&](const auto& entry) { return !joints.contains(entry.first); });
    const auto is_wanted = [&](const OomdMark& mark) {
        const auto joint = joints.find(mark.cgroup);
        return joint != joints.end() && joint->second.preference == mark.preference;
    };
    std::vector<OomdMark> unwanted;
    for (const auto& [id, mark] : ledger_.ledger().marks) {
        const bool may_stay = options.keep_adopted && adopted_.contains(id);
        if (!options.dry_run && !may_stay && !is_wanted(mark))
            unwanted.push_back(mark);
    }
    for (const OomdMark& mark : unwanted)
        (void)give_back(mark);
    for (const auto& [cgroup, joint] : joints)
        keep(cgroup, joint, options.dry_run);
}

void OomdKeeper::keep(const std::string& cgroup, const OomdWishes::Joint& joint, bool dry_run) {
    Kept kept;
    kept.preference = joint.preference;
    kept.rule = joint.rule;
    const auto dir = mount_ ? sys::CgroupDir::open(*mount_, cgroup) : mount_.error();
    if (mount_ && !dir && is_gone(dir.error())) {
        // Its processes have gone too, or are elsewhere: the next look at them tells.
        if (kept_.erase(cgroup) > 0)
            forget_earlier(cgroup);
        return;
    }
    if (!dir) {
        kept.state = State::Failed;
        kept.reason = failure_text(dir.error());
    } else {
        kept.owner = dir->owner();
        kept.reason = why_unfit(*dir, *mount_, cgroup);
        if (!kept.reason.empty())
            kept.state = State::Unfit;
        else if (dry_run && !ledger_.ledger().marks.contains(dir->id()))
            kept.state = State::DryRun;
        else if (dry_run)
            kept.state = State::Marked;
        else if (const auto done = mark(*dir, cgroup, kept); !done) {
            kept.state = State::Failed;
            kept.reason = failure_text(done.error());
        }
        const auto marked = ledger_.ledger().marks.find(dir->id());
        if (kept.state == State::Unfit && !dry_run && marked != ledger_.ledger().marks.end())
            (void)give_back(OomdMark(marked->second));
    }
    const auto before = kept_.find(cgroup);
    if (before != kept_.end() && before->second == kept)
        return;
    kept_.insert_or_assign(cgroup, kept);
    hooks_.changed(cgroup, kept);
}

Result<void> OomdKeeper::mark(const sys::CgroupDir& dir, const std::string& cgroup, Kept& kept) {
    const auto& marks = ledger_.ledger().marks;
    const auto other = marks.find(dir.id());
    if (other != marks.end() && other->second.preference != kept.preference) {
        if (auto done = give_back(OomdMark(other->second)); !done)
            return done;
    }
    const auto found = dir.read_mark(kept.preference);
    if (!found)
        return found.error();
    const bool is_ours = marks.contains(dir.id());
    adopted_.erase(dir.id());
    kept.was_there = found->value_or(false) && !is_ours;
    if (found->value_or(false))
        return {};
    if (!is_ours && (kept_.contains(cgroup) || !adopted_.empty()))
        forget_earlier(cgroup);
    // What is there now is the last word of whoever else has one.
    ledger_.mark({dir.id(), kept.preference, *found, cgroup});
    if (auto done = dir.write_mark(kept.preference, true); !done) {
        if (!is_ours)
            ledger_.unmark(dir.id());
        return done;
    }
    if (is_ours)
        hooks_.repaired(cgroup, kept);
    return {};
}

/// A cgroup that was made anew, as that of a service is at each start, has none of the old marks.
void OomdKeeper::forget_earlier(const std::string& cgroup) {
    std::vector<std::uint64_t> earlier;
    for (const auto& [id, mark] : ledger_.ledger().marks) {
        if (mark.cgroup == cgroup)
            earlier.push_back(id);
    }
    for (const std::uint64_t id : earlier)
        ledger_.unmark(id);
}

std::size_t OomdKeeper::release_all() {
    std::vector<OomdMark> all;
    for (const auto& [id, mark] : ledger_.ledger().marks)
        all.push_back(mark);
    kept_.clear();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(),
                      [&](const OomdMark& mark) { return !give_back(mark).has_value(); }));
}

Result<void> OomdKeeper::give_back(const OomdMark& mark) {
    const auto done = try_give_back(mark);
    const bool has_gone = !done && is_gone(done.error());
    std::string failure = done || has_gone ? "" : done.error().message();
    if (failure.empty()) {
        told_failures_.erase(mark.cgroup_id);
        adopted_.erase(mark.cgroup_id);
        ledger_.unmark(mark.cgroup_id);
    }
    if (done)
        hooks_.given_back(mark, done);
    else if (!has_gone && told_failures_[mark.cgroup_id] != failure) {
        hooks_.given_back(mark, done);
        told_failures_[mark.cgroup_id] = std::move(failure);
    }
    return has_gone ? Result<void>() : done;
}

Result<void> OomdKeeper::try_give_back(const OomdMark& mark) const {
    if (!mount_)
        return mount_.error();
    const auto dir = sys::CgroupDir::open(*mount_, mark.cgroup);
    if (!dir)
        return dir.error();
    if (dir->id() != mark.cgroup_id)
        return errno_error(ENOENT, "find the cgroup that was marked");
    const auto found = dir->read_mark(mark.preference);
    if (!found)
        return found.error();
    // Someone else has had the last word.
    if (!found->value_or(false))
        return {};
    return dir->write_mark(mark.preference, mark.original);
}

bool OomdKeeper::keeps(const std::string& directory) const {
    return mount_ && directory.starts_with(*mount_) &&
           kept_.contains(directory.substr(mount_->size()));
}

std::vector<Pid> OomdKeeper::others_in(const std::string& cgroup, const OomdWishes& wishes) const {
    const auto directory =
        mount_ ? sys::cgroup_directory(*mount_, cgroup) : Result<std::string>(mount_.error());
    const auto pids =
        directory ? sys::cgroup_pids(*directory) : Result<std::vector<Pid>>(directory.error());
    if (!pids)
        return {};
    std::vector<Pid> others;
    std::copy_if(pids->begin(), pids->end(), std::back_inserter(others), [&](Pid pid) {
        const auto wish = wishes.all().find(pid);
        return wish == wishes.all().end() || wish->second.cgroup != cgroup;
    });
    return others;
}

}  // namespace oomguard::daemon
