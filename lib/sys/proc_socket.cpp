// SPDX-License-Identifier: MIT
#include "sys/proc_socket.hpp"

#include <cerrno>

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace oomguard::sys {

Result<UniqueFd> open_proc_socket() {
    UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
    if (!fd)
        return errno_error(errno, "open proc connector");
    return fd;
}

Result<void> join_proc_events(int fd) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = CN_IDX_PROC;
    // bind(2) takes every kind of address as a sockaddr.
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return errno_error(errno, "bind proc connector");
    return {};
}

}  // namespace oomguard::sys
