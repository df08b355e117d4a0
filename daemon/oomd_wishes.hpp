// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/oomd.hpp"
#include "core/process.hpp"

namespace oomguard::daemon {

/// What the rules want systemd-oomd to be told, process by process.
class OomdWishes {
  public:
    struct Wish {
        ProcessId id;
        std::string cgroup;  ///< that the process was in when it was last looked at
        OomdPreference preference = OomdPreference::None;
        std::string rule;

        friend bool operator==(const Wish&, const Wish&) = default;
    };

    /// What all processes in a cgroup together want: the greatest of what each does.
    struct Joint {
        OomdPreference preference = OomdPreference::None;
        std::string rule;       ///< of the first that wants that
        std::vector<Pid> pids;  ///< of all that want anything, ascending
    };

    /// In place of what this pid wanted before; None: nothing. True if that is a change.
    bool set(Wish wish);

    /// True if there was one.
    bool erase(Pid pid) { return wishes_.erase(pid) > 0; }

    void clear() { wishes_.clear(); }

    /// By pid.
    [[nodiscard]] const std::map<Pid, Wish>& all() const { return wishes_; }

    [[nodiscard]] std::map<std::string, Joint> by_cgroup() const;

  private:
    std::map<Pid, Wish> wishes_;
};

}  // namespace oomguard::daemon
