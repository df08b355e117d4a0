// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "core/process.hpp"

namespace oomguard::sys {

/// One message of the kernel's process connector (linux/cn_proc.h).
struct ProcEvent {
    enum class Kind { Ack, Fork, Exec, Uid, Comm, Exit, Other };

    Kind kind = Kind::Other;
    std::uint32_t cpu = 0;
    std::uint32_t sequence = 0;  ///< counted by each cpu on its own, over all kinds
    Pid pid = 0;                 ///< the thread group; of a fork, the child; 0 where it tells none
    Pid parent_pid = 0;          ///< Fork: the thread group of the parent
    int signal = 0;              ///< Exit: the one that ended it; 0 if none did
    int error = 0;               ///< Ack: an errno, 0 for success
    std::uint32_t request = 0;   ///< Ack: the number, in the request's `ack`, of what it answers
};

/// Reads the netlink messages in one datagram and calls `sink` for each process event, in order.
/// Events about a thread that is not the leader of its group (a thread started, ended or renamed)
/// come as Other: they count for the sequence and mean nothing else. Uid stands for changes of
/// user and of group ids. An Exit is that of the group's leader: other threads may live on. Bytes
/// that are not well-formed messages are passed over; false is returned if there were any.
bool parse_proc_events(std::span<const std::byte> datagram,
                       const std::function<void(const ProcEvent&)>& sink);

}  // namespace oomguard::sys
