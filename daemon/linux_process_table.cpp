// SPDX-License-Identifier: MIT
#include "daemon/linux_process_table.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "sys/cgroup_dir.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::daemon {
namespace {

/// An executable that may not be read, or of a process that has none any more, is an empty one.
Result<std::string> exe_or_empty(const sys::ProcDir& dir) {
    auto exe = dir.read_exe();
    if (exe)
        return exe;
    if (is_denied(exe.error()))
        return std::string();
    // A zombie and a kernel thread answer ENOENT, as a process that has gone does.
    if (is_gone(exe.error()) && dir.read_stat())
        return std::string();
    return exe.error();
}

class LinuxProcess final : public Process {
  public:
    LinuxProcess(const sys::Procfs& procfs, const Result<std::string>& cgroup_mount,
                 sys::ProcDir dir, Snapshot snapshot)
        : procfs_(procfs),
          cgroup_mount_(cgroup_mount),
          dir_(std::move(dir)),
          snapshot_(std::move(snapshot)) {}

    [[nodiscard]] const Snapshot& snapshot() const override { return snapshot_; }

    Result<void> read(Field field) override {
        if (snapshot_.has(field))
            return {};
        switch (field) {
            case Field::Credentials:
                return dir_.read_credentials(snapshot_);
            case Field::Cgroup:
                return dir_.read_cgroup(snapshot_);
            case Field::Exe:
                return read_exe();
            case Field::Owners:
                return read_cgroup_owners();
            case Field::Parent:
                return read_ancestors(1);
            case Field::Ancestors:
                return read_ancestors(kMostAncestors);
            case Field::MemoryLimit:
                return read_memory_limit();
            case Field::Memory:
                return read_memory();
            case Field::Cmdline:
                break;
        }
        return dir_.read_cmdline(snapshot_);
    }

    Result<int> read_score() override { return dir_.read_oom_score_adj(); }
    Result<void> write_score(int value) override { return dir_.write_oom_score_adj(value); }

  private:
    // Deeper than any real tree; a bound, because processes come and go while we climb.
    static constexpr std::size_t kMostAncestors = 128;

    Result<void> read_exe() {
        auto exe = exe_or_empty(dir_);
        if (!exe)
            return exe.error();
        snapshot_.exe = std::move(*exe);
        snapshot_.mark(Field::Exe);
        return {};
    }

    Result<void> read_ancestors(std::size_t most) {
        snapshot_.ancestors.clear();
        Pid pid = snapshot_.parent_pid;
        std::uint64_t child_start = snapshot_.id.start_time;
        while (pid > 0 && snapshot_.ancestors.size() < most) {
            const auto dir = procfs_.open_process(pid);
            const auto parent = dir ? dir->read_stat() : dir.error();
            // Gone while we climb: its children have a new parent, and a new look will follow.
            // Started later than its child: the pid is another process's by now.
            if (!parent || parent->id.start_time > child_start)
                break;
            const auto exe = exe_or_empty(*dir);
            snapshot_.ancestors.push_back(
                {parent->comm, std::string(executable_name(exe ? *exe : std::string()))});
            pid = parent->parent_pid;
            child_start = parent->id.start_time;
        }
        snapshot_.mark(most == 1 ? Field::Parent : Field::Ancestors);
        snapshot_.mark(Field::Parent);
        return {};
    }

    Result<void> read_cgroup_owners() {
        if (auto done = read(Field::Cgroup); !done)
            return done;
        if (cgroup_mount_)
            snapshot_.cgroup_owners = sys::owners_above(*cgroup_mount_, snapshot_.cgroup);
        snapshot_.mark(Field::Owners);
        return {};
    }

    Result<void> read_memory_limit() {
        if (auto done = read(Field::Cgroup); !done)
            return done;
        snapshot_.memory_limited = has_memory_limit();
        snapshot_.mark(Field::MemoryLimit);
        return {};
    }

    Result<void> read_memory() {
        const auto use = dir_.read_memory();
        if (!use)
            return use.error();
        snapshot_.memory = use->bytes.value_or(0);
        snapshot_.mark(Field::Memory);
        return {};
    }

    [[nodiscard]] bool has_memory_limit() const {
        if (!cgroup_mount_)
            return cgroup_mount_.error().code != std::errc::no_such_file_or_directory;
        const auto limited = sys::has_memory_limit(*cgroup_mount_, snapshot_.cgroup);
        return !limited || *limited;
    }

    const sys::Procfs& procfs_;
    const Result<std::string>& cgroup_mount_;
    sys::ProcDir dir_;
    Snapshot snapshot_;
};

}  // namespace

Result<std::unique_ptr<Process>> LinuxProcessTable::open(Pid pid) {
    auto dir = procfs_.open_process(pid);
    if (!dir)
        return dir.error();
    auto snapshot = dir->read_stat();
    if (!snapshot)
        return snapshot.error();
    return std::unique_ptr<Process>(std::make_unique<LinuxProcess>(
        procfs_, cgroup_mount_, std::move(*dir), std::move(*snapshot)));
}

std::uint64_t LinuxProcessTable::machine_memory() {
    const auto memory = sys::machine_memory();
    return memory ? memory->ram + memory->swap : std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t LinuxProcessTable::machine_memory_in_use() {
    const auto memory = sys::read_memory_info();
    if (!memory)
        return std::numeric_limits<std::uint64_t>::max();
    return memory->total - std::min(memory->total, memory->available) + memory->swap_total -
           std::min(memory->swap_total, memory->swap_free);
}

Result<ProcessFigures> LinuxProcessTable::figures(Pid pid) const {
    const auto dir = procfs_.open_process(pid);
    if (!dir)
        return dir.error();
    auto snapshot = dir->read_stat();
    if (!snapshot)
        return snapshot.error();
    if (auto done = dir->read_credentials(*snapshot); !done)
        return done.error();
    if (auto done = dir->read_cgroup(*snapshot); !done)
        return done.error();
    const auto owner = dir->read_owner();
    if (!owner)
        return owner.error();
    const auto memory = dir->read_memory();
    if (!memory)
        return memory.error();
    const auto oom_score = dir->read_oom_score();
    if (!oom_score)
        return oom_score.error();
    ProcessFigures figures{
        snapshot->id, snapshot->uid, *owner, memory->bytes.value_or(0), *oom_score, {}};
    if (cgroup_mount_) {
        const auto cgroup = sys::CgroupDir::open(*cgroup_mount_, snapshot->cgroup);
        const auto preference = cgroup ? cgroup->preference() : cgroup.error();
        if (preference)
            figures.oomd_preference = *preference;
    }
    return figures;
}

}  // namespace oomguard::daemon
