// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <systemd/sd-journal.h>

#include "core/result.hpp"
#include "core/signal_log.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"

namespace oomguard::daemon {

/// What the killers earlyoom and nohang log. The journal is open only while one of them runs.
class JournalSource {
  public:
    /// `cgroup_mount`: where the v2 tree is, in which their units are found.
    JournalSource(EventLoop& loop, SourceListener& listener, const std::string& cgroup_mount,
                  std::function<void(const SignalSent&)> sent);

    /// Looks whether one of them runs. To be called from time to time.
    void look();

    void stop();

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    struct Close {
        void operator()(sd_journal* journal) const { sd_journal_close(journal); }
    };

    [[nodiscard]] bool has_killers() const;
    void open();
    void close(SourceState::Status status, std::string reason = {});
    Result<void> try_open();
    void read();
    void take_entry();
    void fail(const Error& error);
    [[nodiscard]] std::string field(const char* name) const;

    EventLoop& loop_;
    SourceReport report_;
    std::vector<std::string> directories_;  // of the units
    std::function<void(const SignalSent&)> sent_;
    std::unique_ptr<sd_journal, Close> journal_;
    EventLoop::Source io_;
    SignalLog log_;
    std::uint64_t read_until_usec_;  // what is before has been told, if by an earlier daemon
};

}  // namespace oomguard::daemon
