// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/process.hpp"

namespace oomguard::daemon {

/// What one source of news is up to.
struct SourceState {
    enum class Status {
        Off,      ///< switched off in the settings
        Standby,  ///< not needed at present
        Working,
        Failed,
    };

    std::string name;
    Status status{};
    /// Why it does not work, or works only in part, and what to do; empty if all is well.
    std::string reason;

    [[nodiscard]] bool works() const { return status == Status::Working; }
    /// Whether starting it could change nothing.
    [[nodiscard]] bool works_in_full() const { return works() && reason.empty(); }
};

/// Is told of the states of sources.
class SourceListener {
  public:
    SourceListener() = default;
    SourceListener(const SourceListener&) = delete;
    SourceListener& operator=(const SourceListener&) = delete;
    virtual ~SourceListener() = default;

    /// A source works now that did not, or the other way round.
    virtual void source_changed(const SourceState& state) = 0;
};

/// Where the sources of processes bring their news. It is only news: what it is about is read
/// again.
class News : public SourceListener {
  public:
    virtual void found(Pid pid) = 0;
    virtual void forked(Pid pid, Pid parent) = 0;
    /// `signal`: the one that ended it; 0 if none did.
    virtual void ended(Pid pid, int signal) = 0;

    /// To be called after each handful of the three above: now is the time to look.
    virtual void all_told() = 0;

    /// Some program was executed, and it is not known by which process.
    virtual void someone_executed() = 0;

    /// Events were lost, or may have been before now: everything is to be looked at.
    virtual void overrun(const std::string& source, const std::string& what) = 0;
    virtual void caught_up() = 0;

    /// So many processes of just this cgroup were killed by the kernel since the last of these.
    virtual void killed_in(const std::string& cgroup_directory, std::uint64_t count) = 0;

    /// The attributes of a cgroup have changed, among them perhaps those for systemd-oomd.
    virtual void attributes_changed(const std::string& cgroup_directory) = 0;

    /// A rule file or the settings may have changed on disk.
    virtual void files_changed() = 0;
};

/// A source's state, whose changes are news too.
class SourceReport {
  public:
    SourceReport(SourceListener& listener, std::string name)
        : listener_(listener), state_{std::move(name), {}, {}} {}

    void set(SourceState::Status status, std::string reason = {}) {
        if (state_.status == status && state_.reason == reason)
            return;
        state_.status = status;
        state_.reason = std::move(reason);
        listener_.source_changed(state_);
    }

    [[nodiscard]] const SourceState& state() const { return state_; }

  private:
    SourceListener& listener_;
    SourceState state_;
};

}  // namespace oomguard::daemon
