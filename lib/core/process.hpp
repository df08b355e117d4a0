// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oomguard {

using Pid = std::int32_t;
using Uid = std::uint32_t;
using Gid = std::uint32_t;

/// A process for as long as the machine runs. A pid is used again; with the start time (clock
/// ticks since boot, field 22 of /proc/PID/stat) it is not.
struct ProcessId {
    Pid pid = 0;
    std::uint64_t start_time = 0;

    // The comparison's 0 is no pointer.
    // NOLINTNEXTLINE(modernize-use-nullptr)
    friend auto operator<=>(const ProcessId&, const ProcessId&) = default;
};

/// The longest comm the kernel keeps (TASK_COMM_LEN less the NUL). A longer program name is cut.
inline constexpr std::size_t kLongestComm = 15;

/// The parts of a snapshot that are read only when a rule needs them, the cheapest first. Reading
/// the arguments takes a lock of the process and can block while it is short of memory. No key of a
/// rule asks for the owners of cgroups, which are read to tell whether it may protect, nor for the
/// memory limit and the memory, which are read where it wants the lowest score.
enum class Field {
    Credentials,
    Cgroup,
    Exe,
    Owners,
    Parent,
    Ancestors,
    MemoryLimit,
    Memory,
    Cmdline
};
inline constexpr std::size_t kFieldCount = 9;

/// Of a cgroup directory that could not be read, or into which others may write: nobody's uid.
inline constexpr Uid kUnknownOwner = static_cast<Uid>(-1);

/// A program by its names: the kernel's comm, and the executable's base name, empty where that
/// could not be read.
struct Program {
    std::string comm;
    std::string exe_name;
};

/// What was read of one process, once. The first block is always there; a field of the second
/// means something only if it is `has()`.
struct Snapshot {
    ProcessId id;
    Pid parent_pid = 0;
    std::string comm;
    bool kernel_thread = false;
    bool zombie = false;
    /// Another after each exec, as the kernel lays out the memory anew; 0 if that may not be seen.
    std::uint64_t image = 0;

    Uid uid = 0;              ///< Credentials: the real uid
    std::vector<Gid> groups;  ///< Credentials: the real gid and the supplementary ones
    std::string cgroup;  ///< Cgroup: path in the v2 tree, "/" first; empty: too deep to be known
    std::string exe;     ///< Exe: path; empty if it could not be read
    std::vector<Uid> cgroup_owners;  ///< Owners: of those above `cgroup`, see owners_above
    std::vector<Program> ancestors;  ///< Parent: the parent; Ancestors: all, the nearest first
    bool memory_limited = false;     ///< MemoryLimit: its cgroup, or one above, has a memory.max
    std::uint64_t memory = 0;        ///< Memory: bytes, see sys::ProcDir::read_memory
    std::string cmdline;             ///< Cmdline: arguments joined by spaces
    std::string script_name;         ///< Cmdline: see set_cmdline

    [[nodiscard]] bool has(Field field) const { return known_.at(static_cast<std::size_t>(field)); }
    void mark(Field field) { known_.at(static_cast<std::size_t>(field)) = true; }

  private:
    std::array<bool, kFieldCount> known_{};
};

/// Fills in the arguments from the bytes of /proc/PID/cmdline, NUL after each argument, and marks
/// the field. Where comm was cut by the kernel, the script name is the base name of the first of
/// three arguments that comm is the beginning of: the full name of a script, whose executable is
/// its interpreter ("perl -w /usr/bin/script": a #! line can hold one option).
void set_cmdline(Snapshot& snapshot, std::string_view bytes);

/// The path of the executable without the kernel's " (deleted)" after an upgrade.
[[nodiscard]] std::string_view executable_path(std::string_view exe);

/// The base name of `executable_path`.
[[nodiscard]] std::string_view executable_name(std::string_view exe);

/// The system unit that a cgroup path belongs to, as systemd reads it: the first component that
/// is not a slice, if it ends like a unit; empty otherwise. A process below a user's manager is
/// in the system unit "user@UID.service", whatever the user calls the cgroups below.
[[nodiscard]] std::string_view system_unit(std::string_view cgroup);

}  // namespace oomguard
