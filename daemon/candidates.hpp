// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "core/badness.hpp"
#include "core/result.hpp"
#include "daemon/guard.hpp"
#include "sys/procfs.hpp"

namespace oomguard::daemon {

/// Reads those that the kernel may look at, in the order in which it is told of them.
class Candidates {
  public:
    /// Both must outlive it. With `reads_cgroups`, the cgroup of each too.
    Candidates(const Guard& guard, const sys::Procfs& procfs, bool reads_cgroups)
        : guard_(guard), procfs_(procfs), reads_cgroups_(reads_cgroups) {}

    /// Nothing of what has gone, or what the kernel never looks at; an error is any other.
    Result<void> append(Pid pid);

    std::vector<Candidate> list;

  private:
    [[nodiscard]] Result<std::optional<Candidate>> read(Pid pid) const;
    void put_scores(int current, Candidate& candidate) const;

    const Guard& guard_;
    const sys::Procfs& procfs_;
    bool reads_cgroups_;
};

}  // namespace oomguard::daemon
