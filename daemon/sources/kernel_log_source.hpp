// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/kernel_log.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/sources/source.hpp"
#include "sys/kmsg.hpp"

namespace oomguard::daemon {

/// The kernel's log, from its oldest record on.
class KernelLogSource {
  public:
    struct Hooks {
        /// `is_past`: it was there before this was started.
        std::function<void(const KernelRecord& record, bool is_past)> logged;
        /// Some were overwritten before they could be read.
        std::function<void()> lost;
    };

    KernelLogSource(EventLoop& loop, SourceListener& listener, Hooks hooks);

    /// Reads all there is, but for what is not after this record.
    void start(std::optional<std::uint64_t> after);

    void stop();

    /// Tells at once what the kernel has logged so far.
    void catch_up();

    [[nodiscard]] const SourceState& state() const { return report_.state(); }

  private:
    void read(bool is_past);

    EventLoop& loop_;
    SourceReport report_;
    Hooks hooks_;
    std::optional<sys::Kmsg> kmsg_;
    EventLoop::Source io_;
    std::optional<std::uint64_t> last_;
};

}  // namespace oomguard::daemon
