// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The layout of linux/cn_proc.h. Not taken from there: its names moved in Linux 6.6, and an event
/// is to be read whatever the size of the others.
namespace oomguard::sys::layout {

inline constexpr std::uint32_t kNone = 0;
inline constexpr std::uint32_t kFork = 1;
inline constexpr std::uint32_t kExec = 2;
inline constexpr std::uint32_t kUid = 4;
inline constexpr std::uint32_t kGid = 0x40;
inline constexpr std::uint32_t kComm = 0x200;
inline constexpr std::uint32_t kExit = 0x80000000;

struct EventHeader {
    std::uint32_t what;
    std::uint32_t cpu;
    std::uint64_t timestamp_ns;
};

struct AckData {
    std::uint32_t error;
};

struct ForkData {
    std::int32_t parent_pid;
    std::int32_t parent_tgid;
    std::int32_t child_pid;
    std::int32_t child_tgid;
};

/// How the data of exec, uid, gid, comm and exit begin.
struct TaskData {
    std::int32_t pid;
    std::int32_t tgid;
};

/// What follows in that of exit; `code` is as of wait(2).
struct ExitData {
    std::uint32_t code;
};

}  // namespace oomguard::sys::layout
