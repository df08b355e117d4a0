// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"
#include "sys/proc_alarm.hpp"
#include "sys/proc_connector.hpp"

namespace oomguard::daemon {

/// Exact news of every fork, exec, change of user, renaming and exit, from the proc connector.
/// When the kernel had to drop events (ENOBUFS, or a gap in a cpu's sequence numbers), it
/// subscribes again and asks for a sweep. Forks and exits can wait: after some it rests, and reads
/// those that follow together, unless the alarm says that one of the others is among them.
class ProcConnectorSource {
  public:
    ProcConnectorSource(EventLoop& loop, News& news);

    /// Subscribes. It works once the kernel has acknowledged; if it does not, it is tried again
    /// from time to time.
    void start();
    void stop();

    /// Tells at once all that the kernel has told so far.
    void catch_up();

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    void subscribe();
    Result<void> open();
    void close();
    void rest();
    void go_on();
    void read();
    void take(const sys::ProcEvent& event);
    void acknowledged(int error);
    [[nodiscard]] bool is_next(const sys::ProcEvent& event);
    void lost(const std::string& what);
    void fail(const std::string& reason);

    News& news_;
    EventLoop& loop_;
    SourceReport report_;
    std::optional<sys::ProcAlarm> alarm_;  // before the connector
    std::optional<sys::ProcConnector> connector_;
    EventLoop::Source alarm_io_;
    EventLoop::Source io_;
    EventLoop::Source rest_timer_;
    EventLoop::Source acknowledgement_timer_;
    EventLoop::Source subscribe_timer_;
    bool is_resubscribing_ = false;
    /// Since it last went to rest.
    bool has_read_ = false;
    /// To be read at once.
    bool has_more_ = false;
    std::vector<std::optional<std::uint32_t>> last_sequence_;  // by cpu
};

}  // namespace oomguard::daemon
