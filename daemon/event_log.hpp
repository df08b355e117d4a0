// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "daemon/log_limiter.hpp"
#include "daemon/observer.hpp"
#include "daemon/oomd_keeper.hpp"

namespace oomguard::daemon {

/// Tells the log what the guard does, bounded for each rule and kind of event.
class EventLog final : public Observer {
  public:
    void on_held(const Holding& holding) override;
    void on_dry_run(const Holding& holding) override;
    void on_released(const Holding& holding, ReleaseReason reason, int value) override;
    void on_drifted(const Holding& holding, int found, bool repaired) override;
    void on_refused(const Holding& holding, const Error& error) override;
    void on_distrusted(const Snapshot& snapshot, const Rule& rule, const std::string& why) override;
    void on_unreadable(Pid pid, const Error& error) override;

    /// `text`: see oomd_text.
    void on_oomd_kept(const OomdKeeper::Kept& kept, const std::string& text);
    void on_oomd_repaired(const std::string& cgroup, const OomdKeeper::Kept& kept);
    void on_oomd_given_back(const OomdMark& mark, const Result<void>& done);

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
