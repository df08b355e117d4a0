// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "daemon/log_limiter.hpp"
#include "daemon/observer.hpp"

namespace oomguard::daemon {

/// Tells the log what the guard does, bounded for each rule and kind of event.
class EventLog final : public Observer {
  public:
    void on_held(const Holding& holding) override;
    void on_dry_run(const Holding& holding) override;
    void on_released(const Holding& holding, ReleaseReason reason, int value) override;
    void on_drifted(const Holding& holding, int found, bool repaired) override;
    void on_refused(const Holding& holding, const Error& error) override;
    void on_unreadable(Pid pid, const Error& error) override;

  private:
    [[nodiscard]] bool may_log(const char* kind, const std::string& rule);

    LogLimiter limiter_;
};

/// That a score could not be written, and why: a rule's value, or, where the holding has no rule,
/// an original that is to be given back.
[[nodiscard]] std::string refusal_text(const Holding& holding, const Error& error);

/// The same, and where there is something to do about it, what.
[[nodiscard]] std::string refusal_and_remedy(const Holding& holding, const Error& error);

/// "gone", "unmatched", "exempt" or "stop".
[[nodiscard]] const char* reason_text(ReleaseReason reason);

}  // namespace oomguard::daemon
