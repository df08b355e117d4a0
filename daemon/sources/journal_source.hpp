// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <systemd/sd-journal.h>

#include "core/kernel_log.hpp"
#include "core/result.hpp"
#include "core/signal_log.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"

namespace oomguard::daemon {

/// What the killers earlyoom and nohang log, and what the journal has of the kernel's kills. It is
/// open only while one of them runs, or the kernel is wanted.
class JournalSource {
  public:
    struct Hooks {
        std::function<void(const SignalSent&)> sent;
        /// Only while the kernel is wanted. The sequence is not that of the kernel.
        std::function<void(const KernelRecord&)> kernel_logged;
        /// The same: systemd found that the kernel killed a process of this system unit.
        std::function<void(const std::string& unit)> unit_lost_process;
    };

    /// `cgroup_mount`: where the v2 tree is, in which the units of the killers are found.
    JournalSource(EventLoop& loop, SourceListener& listener, const std::string& cgroup_mount,
                  Hooks hooks);

    /// Looks whether the journal is needed. To be called from time to time.
    void look();

    /// For where the kernel's log itself cannot be read; look afterwards.
    void set_kernel_wanted(bool wanted) { is_kernel_wanted_ = wanted; }

    /// Whether what the kernel logs is wanted and comes: journald can be told not to store it.
    [[nodiscard]] bool has_kernel() const { return state().works() && has_kernel_; }

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
    Result<void> match(const std::vector<std::string>& fields);
    Result<void> look_for_kernel();
    Result<void> match_all();
    void read();
    void take_entry();
    void take_kernel_entry();
    void fail(const Error& error);
    [[nodiscard]] std::string field(const char* name) const;

    EventLoop& loop_;
    SourceReport report_;
    std::vector<std::string> directories_;  // of the units
    Hooks hooks_;
    std::unique_ptr<sd_journal, Close> journal_;
    EventLoop::Source io_;
    SignalLog log_;
    bool is_kernel_wanted_ = false;
    bool is_open_for_kernel_ = false;
    bool has_kernel_ = false;
    std::uint64_t kernel_records_ = 0;
    std::uint64_t read_until_usec_;  // what is before has been told, if by an earlier daemon
};

}  // namespace oomguard::daemon
