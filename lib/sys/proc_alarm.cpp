// SPDX-License-Identifier: MIT
#include "sys/proc_alarm.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include <arpa/inet.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "sys/proc_event_layout.hpp"
#include "sys/proc_socket.hpp"

namespace oomguard::sys {
namespace {

constexpr std::uint32_t kEvent = sizeof(nlmsghdr) + sizeof(cn_msg);
constexpr std::uint32_t kWhat = kEvent + offsetof(layout::EventHeader, what);
constexpr std::uint32_t kThread =
    kEvent + sizeof(layout::EventHeader) + offsetof(layout::TaskData, pid);
constexpr std::uint32_t kProcess =
    kEvent + sizeof(layout::EventHeader) + offsetof(layout::TaskData, tgid);

constexpr std::uint32_t kExitCode = kEvent + sizeof(layout::EventHeader) +
                                    sizeof(layout::TaskData) + offsetof(layout::ExitData, code);

constexpr std::uint32_t kPass = 0xFFFFFFFF;
constexpr std::uint32_t kDrop = 0;

sock_filter load(std::uint32_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}

/// Goes on after so many further instructions where the loaded word, which the machine loads as of
/// the network's byte order, is `value`.
sock_filter jump_if(std::uint32_t value, std::uint8_t skipped) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(value), skipped, 0);
}

/// Of threads that are not the leader of their group only an exec counts, see parse_proc_events.
int attach_filter(int fd) {
    std::array program = {
        load(kWhat),
        jump_if(layout::kExec, 12),
        jump_if(layout::kUid, 7),
        jump_if(layout::kGid, 6),
        jump_if(layout::kComm, 5),
        jump_if(layout::kExit, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, kDrop),
        load(kExitCode),
        jump_if(SIGKILL, 1),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(SIGTERM), 0, 5),
        load(kThread),
        sock_filter BPF_STMT(BPF_MISC | BPF_TAX, 0),
        load(kProcess),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, kPass),
        sock_filter BPF_STMT(BPF_RET | BPF_K, kDrop),
    };
    const sock_fprog filter{program.size(), program.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0 ? 0 : errno;
}

}  // namespace

Result<ProcAlarm> ProcAlarm::open() {
    Result<UniqueFd> fd = open_proc_socket();
    if (!fd)
        return fd.error();
    if (const int failure = attach_filter(fd->get()); failure != 0)
        return errno_error(failure, "filter proc connector");
    if (const auto joined = join_proc_events(fd->get()); !joined)
        return joined.error();
    return ProcAlarm(*std::move(fd));
}

void ProcAlarm::reset() const {
    constexpr std::size_t kMost = 64;
    std::array<mmsghdr, kMost> headers{};
    int count = 0;
    do
        count = ::recvmmsg(fd_.get(), headers.data(), kMost, MSG_DONTWAIT, nullptr);
    while (count == static_cast<int>(kMost) || (count < 0 && (errno == EINTR || errno == ENOBUFS)));
}

}  // namespace oomguard::sys
