// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/process.hpp"
#include "core/result.hpp"
#include "sys/proc_mount.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

struct MemoryUse {
    Uid uid = 0;
    /// Resident, swapped and page tables. Nothing of a kernel thread and a zombie.
    std::optional<std::uint64_t> bytes;
};

/// One /proc/PID, opened once. Everything is read and written through its directory descriptor:
/// once the process has ended and been waited for, every operation fails with ESRCH, also when the
/// pid is used again. A zombie still has all but `exe` and arguments, and takes root's writes,
/// which mean nothing (its files are root's, as it has no memory any more). A text the kernel
/// would not have written is the error EINVAL, "parse PATH".
class ProcDir {
  public:
    [[nodiscard]] Pid pid() const { return pid_; }

    /// Reads `stat`: the fields of a snapshot that are always there.
    [[nodiscard]] Result<Snapshot> read_stat() const;

    /// Each reads one more part. Credentials from `status` (real uid, real gid, Groups), cgroup
    /// from `cgroup` (the "0::" line; where a machine has no v2 tree, the "name=systemd" line;
    /// empty if the path has PATH_MAX bytes or more, which the kernel does not tell whole).
    /// The id of a thread that is not the leader of its group: ESRCH from read_credentials.
    /// A cgroup that was removed under a process keeps the kernel's " (deleted)" off.
    [[nodiscard]] Result<void> read_credentials(Snapshot& snapshot) const;
    [[nodiscard]] Result<void> read_cgroup(Snapshot& snapshot) const;
    [[nodiscard]] Result<void> read_cmdline(Snapshot& snapshot) const;

    /// Reads the link `exe`. A process of another user needs CAP_SYS_PTRACE: the error then is
    /// EACCES. A zombie or a kernel thread has none: ENOENT, though the process is there.
    [[nodiscard]] Result<std::string> read_exe() const;

    /// What the OOM killer counts of the process, in bytes, and its real uid. Where the main
    /// thread has ended before others, of another one, as find_lock_task_mm() in the kernel's
    /// mm/oom_kill.c has it. The id of a thread: ESRCH.
    [[nodiscard]] Result<MemoryUse> read_memory() const;
    /// The effective user; root if the process may not be looked into by that user, such as a
    /// setuid program (task_dump_owner in fs/proc/base.c).
    [[nodiscard]] Result<Uid> read_owner() const;

    /// `oom_score`: what the kernel makes of it, 0 and up.
    [[nodiscard]] Result<std::uint32_t> read_oom_score() const;

    /// -1000 to 1000.
    [[nodiscard]] Result<int> read_oom_score_adj() const;

    /// One write(2), checked. EACCES: the value is below the process's floor and the writer has no
    /// CAP_SYS_RESOURCE, or the file is another's and the writer has no CAP_DAC_OVERRIDE.
    [[nodiscard]] Result<void> write_oom_score_adj(int value) const;

  private:
    friend class Procfs;
    [[nodiscard]] std::optional<std::uint64_t> memory_of_another_thread() const;
    ProcDir(Pid pid, UniqueFd dir, std::string path)
        : pid_(pid), dir_(std::move(dir)), path_(std::move(path)) {}

    Pid pid_;
    UniqueFd dir_;
    std::string path_;  // for messages only
};

/// A mounted procfs. The only place that knows where.
class Procfs {
  public:
    /// `path`: "/proc", or a tree of a test's own.
    static Result<Procfs> open(const std::string& path = "/proc");

    /// The pids there are, in no particular order.
    [[nodiscard]] Result<std::vector<Pid>> pids() const;

    /// ESRCH or ENOENT if there is no such process. The kernel also answers to the number of a
    /// thread, which `pids()` never tells, with the thread's own stat and the group's score.
    [[nodiscard]] Result<ProcDir> open_process(Pid pid) const;

    /// Only `stat`, without opening the process: nothing that is read or written later is known to
    /// be of the same one. Fails as open_process and read_stat do.
    [[nodiscard]] Result<Snapshot> glance(Pid pid) const;

    /// Whether vm.swappiness, from sys/vm/swappiness, is other than 0. ENOENT as of boot_id().
    [[nodiscard]] Result<bool> has_swappiness() const;

    /// The kernel's random id of this boot, from sys/kernel/random/boot_id. ENOENT where procfs
    /// is mounted with subset=pid (systemd's ProcSubset=pid).
    [[nodiscard]] Result<std::string> boot_id() const;

    /// What /proc hides from users, as process 1 has it mounted; where that cannot be read (it
    /// takes CAP_SYS_PTRACE), as the caller has it.
    [[nodiscard]] Result<ProcHiding> hiding() const;

  private:
    Procfs(UniqueFd root, std::string path) : root_(std::move(root)), path_(std::move(path)) {}

    UniqueFd root_;
    std::string path_;
};

}  // namespace oomguard::sys
