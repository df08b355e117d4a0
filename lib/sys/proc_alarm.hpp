// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

/// A second socket of the process connector that can be read when a process has executed a program,
/// changed its user, group or name, or was ended by SIGKILL or SIGTERM (of which something can be
/// read only until its parent has taken note); not after each fork and exit. So who waits for it is
/// woken only by what cannot wait. What happened is not told: that stands in the ProcConnector.
///
/// Open it before the ProcConnector: the kernel delivers to the socket that joined last first (it
/// adds to the head of the list: netlink_update_subscriptions in net/netlink/af_netlink.c), so that
/// the event can be read there when this wakes.
class ProcAlarm {
  public:
    /// Fails as ProcConnector::open does. Non-blocking.
    static Result<ProcAlarm> open();

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Throws away what has come. If the kernel had to drop some of it, that is no loss.
    void reset() const;

  private:
    explicit ProcAlarm(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

}  // namespace oomguard::sys
