// SPDX-License-Identifier: MIT
#include "sys/proc_event.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>

#include <linux/connector.h>
#include <linux/netlink.h>

#include "sys/proc_event_layout.hpp"

namespace oomguard::sys {

namespace {

using namespace layout;

using Bytes = std::span<const std::byte>;

/// Takes a structure from the front; false if there is too little. Copied, because netlink aligns
/// to 4 bytes only.
template <typename T>
bool take(Bytes& bytes, T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes.size() < sizeof(T))
        return false;
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes = bytes.subspan(sizeof(T));
    return true;
}

ProcEvent::Kind kind_of(std::uint32_t what) {
    switch (what) {
        case kNone:
            return ProcEvent::Kind::Ack;
        case kFork:
            return ProcEvent::Kind::Fork;
        case kExec:
            return ProcEvent::Kind::Exec;
        case kUid:
        case kGid:
            return ProcEvent::Kind::Uid;
        case kComm:
            return ProcEvent::Kind::Comm;
        case kExit:
            return ProcEvent::Kind::Exit;
        default:
            return ProcEvent::Kind::Other;
    }
}

bool read_ack(Bytes data, ProcEvent& event) {
    AckData ack{};
    if (!take(data, ack))
        return false;
    event.error = static_cast<int>(ack.error);
    return true;
}

bool read_fork(Bytes data, ProcEvent& event) {
    ForkData fork{};
    if (!take(data, fork))
        return false;
    event.pid = fork.child_tgid;
    event.parent_pid = fork.parent_tgid;
    if (fork.child_pid != fork.child_tgid)
        event.kind = ProcEvent::Kind::Other;
    return true;
}

bool read_task(Bytes data, ProcEvent& event) {
    TaskData task{};
    if (!take(data, task))
        return false;
    event.pid = task.tgid;
    // A thread that execs becomes the leader of its group, so an exec always counts.
    if (task.pid != task.tgid && event.kind != ProcEvent::Kind::Exec)
        event.kind = ProcEvent::Kind::Other;
    if (event.kind != ProcEvent::Kind::Exit)
        return true;
    ExitData exit{};
    if (!take(data, exit))
        return false;
    constexpr std::uint32_t kSignal = 0x7F;
    event.signal = static_cast<int>(exit.code & kSignal);
    return true;
}

/// The event of one connector message; nothing if it is not one of the process connector's.
std::optional<ProcEvent> read_event(Bytes message) {
    cn_msg connector{};
    if (!take(message, connector) || connector.id.idx != CN_IDX_PROC ||
        connector.id.val != CN_VAL_PROC || connector.len > message.size())
        return std::nullopt;
    message = message.first(connector.len);
    EventHeader header{};
    if (!take(message, header))
        return std::nullopt;

    ProcEvent event;
    event.kind = kind_of(header.what);
    event.cpu = header.cpu;
    event.sequence = connector.seq;
    bool complete = true;
    // The kernel answers with the request's `ack` + 1. Its `seq` is the cpu's count here too
    // (cn_proc_ack and send_msg in drivers/connector/cn_proc.c).
    event.request = event.kind == ProcEvent::Kind::Ack ? connector.ack - 1 : 0;
    if (event.kind == ProcEvent::Kind::Ack)
        complete = read_ack(message, event);
    else if (event.kind == ProcEvent::Kind::Fork)
        complete = read_fork(message, event);
    else if (event.kind != ProcEvent::Kind::Other)
        complete = read_task(message, event);
    if (!complete)
        return std::nullopt;
    return event;
}

}  // namespace

bool parse_proc_events(std::span<const std::byte> datagram,
                       const std::function<void(const ProcEvent&)>& sink) {
    bool well_formed = true;
    while (!datagram.empty()) {
        Bytes rest = datagram;
        nlmsghdr header{};
        if (!take(rest, header) || header.nlmsg_len < sizeof(header) ||
            header.nlmsg_len > datagram.size())
            return false;
        // The connector sends each of its messages as NLMSG_DONE (cn_netlink_send_mult).
        std::optional<ProcEvent> event;
        if (header.nlmsg_type == NLMSG_DONE)
            event = read_event(rest.first(header.nlmsg_len - sizeof(header)));
        if (event)
            sink(*event);
        else
            well_formed = false;
        const std::size_t length = header.nlmsg_len;
        const std::size_t aligned = (length + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
        datagram = datagram.subspan(std::min(aligned, datagram.size()));
    }
    return well_formed;
}

}  // namespace oomguard::sys
