// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "core/process.hpp"

namespace oomguard {

/// Who of those that want the lowest score may have it, so that what the kernel can never kill does
/// not come to hold the machine's whole memory. A further one may not for which there is no room;
/// when those that may have come to use more than the limit, the largest may no more, as few of
/// them as it takes. One that may not may again when there is room for it up to nine tenths of the
/// limit, so that it does not come and go; the smallest first. What they share is counted for each
/// of them, but together they use no more than the machine has in use.
class UnkillableMemory {
  public:
    /// In bytes; none to begin with. `in_use`: of the whole machine, now. For those that were
    /// decided on it takes effect with rebalance().
    void set_limit(std::uint64_t bytes, std::uint64_t in_use) {
        limit_ = bytes;
        in_use_ = in_use;
    }

    /// The process wants the lowest score and uses so many bytes now. Whether it may have it: as
    /// was decided last; a new one as an earlier daemon decided, or if there is room for it.
    bool admit(ProcessId id, std::uint64_t bytes, std::optional<bool> before = std::nullopt);

    /// It wants it no more, or has ended.
    void erase(Pid pid);

    /// As erase() for all others than these.
    void erase_all_but(const std::function<bool(Pid)>& is_kept);

    /// Decides anew for all of them. Those for whom it has come out differently.
    [[nodiscard]] std::vector<Pid> rebalance();

  private:
    struct Want {
        std::uint64_t start_time = 0;
        std::uint64_t bytes = 0;
        bool is_admitted = false;
    };

    [[nodiscard]] bool has_room(std::uint64_t bytes, std::uint64_t limit) const;

    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t in_use_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t admitted_ = 0;  ///< bytes of those admitted
    std::map<Pid, Want> wants_;
};

}  // namespace oomguard
