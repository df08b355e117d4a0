// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/result.hpp"
#include "sys/proc_event.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

/// The kernel's process connector: a netlink socket that tells of every fork, exec and exit.
/// Needs the initial network, user and pid namespaces (elsewhere the kernel refuses or never
/// acknowledges) and, before Linux 6.6, CAP_NET_ADMIN. Non-blocking.
class ProcConnector {
  public:
    struct ReadReport {
        bool overrun = false;    ///< ENOBUFS: the kernel dropped events
        bool malformed = false;  ///< something came that is no event
        bool more = false;       ///< events may still be waiting
    };

    /// Opens and binds the socket with the largest receive buffer to be had (16 MiB with
    /// CAP_NET_ADMIN, else what net.core.rmem_max allows).
    static Result<ProcConnector> open();

    ProcConnector(ProcConnector&& other) noexcept;
    /// Unsubscribes what it had first.
    ProcConnector& operator=(ProcConnector&& other) noexcept;
    ProcConnector(const ProcConnector&) = delete;
    ProcConnector& operator=(const ProcConnector&) = delete;

    /// Unsubscribes, without which the kernel counts a listener for ever.
    ~ProcConnector();

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// The receive buffer the kernel gave, in bytes as SO_RCVBUF tells it.
    [[nodiscard]] int receive_buffer() const;

    /// Asks for events; asked again, it gives up the first subscription and starts anew, so what
    /// happens meanwhile is lost without a gap in the sequence. The answer comes as an event of
    /// kind Ack, or never. ECONNREFUSED: not in the initial network namespace.
    [[nodiscard]] Result<void> subscribe();

    /// Reads a bounded number of datagrams and calls `sink` for each event of the kernel. What
    /// another process sends to the socket is passed over (only netlink pid 0 is the kernel). The
    /// kernel's answers to other requests than the last subscription, which every listener gets,
    /// come as Other.
    [[nodiscard]] Result<ReadReport> read(const std::function<void(const ProcEvent&)>& sink);

  private:
    class Batch;  // one recvmmsg(2) worth of datagrams

    explicit ProcConnector(UniqueFd fd);
    void unsubscribe() noexcept;

    UniqueFd fd_;
    std::unique_ptr<Batch> batch_;
    bool subscribed_ = false;
    std::uint32_t subscription_ = 0;  // random, so that nobody can have us answered in their stead
};

}  // namespace oomguard::sys
