// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/process.hpp"
#include "core/result.hpp"
#include "daemon/holding.hpp"

namespace oomguard::daemon {

enum class ReleaseReason {
    Gone,
    Unmatched,
    Exempt,
    Inherited,  ///< it was never held: it carried a held process's score by inheritance
    Stop,
};

/// Is told what the guard did. Called in the middle of its work: must not call it back.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    /// Held now, at a value or by a rule that is new for the process.
    virtual void on_held(const Holding& holding) = 0;

    /// Would be written, were it not a dry run. Once for each value.
    virtual void on_dry_run(const Holding& holding) = 0;

    /// Held no more; `value` is the score it is left with.
    virtual void on_released(const Holding& holding, ReleaseReason reason, int value) = 0;

    /// Someone else changed the value to `found`. Not repaired: it is backed off from.
    virtual void on_drifted(const Holding& holding, int found, bool repaired) = 0;

    /// The kernel refused the write of `holding.wanted`. Once for each value and reason.
    virtual void on_refused(const Holding& holding, const Error& error) = 0;

    /// The rule matches the process and would protect it, but may not: see may_protect() in
    /// core/trust.hpp. Once for each process and first such rule.
    virtual void on_distrusted(const Snapshot& /*snapshot*/, const Rule& /*rule*/,
                               const std::string& /*why*/) {}

    /// The guard's wishes for systemd-oomd have changed.
    virtual void on_wishes_changed() {}

    /// A process is there and cannot be read.
    virtual void on_unreadable(Pid pid, const Error& error) = 0;
};

}  // namespace oomguard::daemon
