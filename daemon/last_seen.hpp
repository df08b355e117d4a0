// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/process.hpp"

namespace oomguard::daemon {

/// What was seen of each process that has been there for a while: of one that is killed nothing can
/// be read any more once its parent has waited for it. Of those that are told of a moment after
/// they executed something it is of then: a name or cgroup that they get later is not known here.
/// Neighbours share the text of their cgroup.
class LastSeen {
  public:
    struct Seen {
        std::uint64_t start_time = 0;
        std::string comm;  ///< empty if it may be another by now
        Uid uid = 0;
        std::shared_ptr<const std::string> cgroup;
    };

    /// All that are there. `read` is called for those that are new, and answers nullopt if it has
    /// ended.
    void update(const std::vector<ProcessId>& processes,
                const std::function<std::optional<Snapshot>(Pid pid)>& read);

    /// One, as it is now.
    void note(Snapshot snapshot);

    /// It executes something, or changes its name: what it is called is not known until note().
    void forget_name(Pid pid);

    /// Null if there is none.
    [[nodiscard]] const Seen* find(Pid pid) const;

  private:
    struct Less {
        using is_transparent = void;
        using Text = std::shared_ptr<const std::string>;
        bool operator()(const Text& a, const Text& b) const { return *a < *b; }
        bool operator()(const Text& a, const std::string& b) const { return *a < b; }
        bool operator()(const std::string& a, const Text& b) const { return a < *b; }
    };

    [[nodiscard]] Seen seen_of(Snapshot snapshot);
    [[nodiscard]] std::shared_ptr<const std::string> shared(std::string cgroup);

    std::unordered_map<Pid, Seen> seen_;
    std::set<std::shared_ptr<const std::string>, Less> cgroups_;
};

}  // namespace oomguard::daemon
