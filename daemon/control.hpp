// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/event_history.hpp"
#include "daemon/guard.hpp"
#include "daemon/kill_history.hpp"
#include "daemon/linux_process_table.hpp"
#include "daemon/sources/source.hpp"

namespace oomguard::daemon {

/// What the D-Bus face may see and ask of the daemon.
class Control {
  public:
    struct ReloadOutcome {
        bool done = false;
        std::string diagnostics;  ///< formatted; warnings too
    };

    Control() = default;
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    virtual ~Control() = default;

    [[nodiscard]] virtual Guard& guard() = 0;
    [[nodiscard]] virtual const LinuxProcessTable& table() const = 0;
    [[nodiscard]] virtual std::uint64_t generation() const = 0;
    [[nodiscard]] virtual std::vector<SourceState> sources() const = 0;
    [[nodiscard]] virtual std::vector<std::string> degraded() const = 0;
    [[nodiscard]] virtual bool dry_run() const = 0;
    [[nodiscard]] virtual std::uint64_t overruns() const = 0;
    [[nodiscard]] virtual std::uint64_t last_sweep_usec() const = 0;

    /// What became of the wish for systemd-oomd of this process's rule; none if there is none.
    [[nodiscard]] virtual std::optional<Trial> explain_oomd(ProcessId id) = 0;

    /// The connection to the bus is lost, or is there again.
    virtual void bus_changed() = 0;

    /// As systemd says it.
    virtual void systemd_version_is(const std::string& text) = 0;

    /// systemd-oomd says that it has killed all of this cgroup, and why.
    virtual void systemd_oomd_killed(const std::string& cgroup, const std::string& reason) = 0;

    [[nodiscard]] virtual std::uint64_t started_usec() const = 0;
    [[nodiscard]] virtual const EventHistory& history() const = 0;
    [[nodiscard]] virtual const KillHistory& kills() const = 0;

    /// Loads all files again and applies them to every process before it returns.
    virtual ReloadOutcome reload() = 0;
    /// Guard::pin and Guard::unpin. Its descendants have been looked at too when this returns.
    virtual std::optional<PinFailure> hold(Pid pid, int value, Children children) = 0;
    virtual std::optional<PinFailure> release(Pid pid) = 0;
    /// Looks at every process. How many there are, kernel threads left out.
    virtual std::size_t rescan() = 0;
};

}  // namespace oomguard::daemon
