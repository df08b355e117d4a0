// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/process.hpp"
#include "core/result.hpp"
#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// Rules for one process each, by its identity, which are tried before all others and end with it.
class Pins {
  public:
    static constexpr std::size_t kMost = 4096;

    [[nodiscard]] bool is_full() const { return pins_.size() >= kMost; }

    /// Null if the process has none.
    [[nodiscard]] RulePointer find(ProcessId id) const;
    /// The process that has one and this pid. It may have ended.
    [[nodiscard]] std::optional<ProcessId> owner(Pid pid) const;
    [[nodiscard]] std::vector<ProcessId> owners() const;

    /// In place of any other with this pid.
    void set(ProcessId id, RulePointer rule);
    /// What it was; null if there was none.
    RulePointer erase(ProcessId id);

  private:
    struct Pin {
        std::uint64_t start_time = 0;
        RulePointer rule;
    };

    std::map<Pid, Pin> pins_;
};

/// "hold 4711"
[[nodiscard]] std::string pin_name(Pid pid);

/// A rule of that name, of the origin "(hold)". What it means is up to Pins.
[[nodiscard]] RulePointer pin_rule(Pid pid, int value, Children children);

/// Why Guard::pin or Guard::unpin did not do what was asked.
struct PinFailure {
    enum class Reason {
        NoSuchProcess,
        FirstProcess,  ///< pid 1 is never touched
        Itself,        ///< nor is the daemon
        KernelThread,  ///< nor is one of these
        Exempt,
        TooManyPins,
        TooManyHoldings,
        Unreadable,
        Refused,    ///< by the kernel
        NotPinned,  ///< there is nothing to end
    };

    Reason reason;
    Error error = {};                               ///< NoSuchProcess, Unreadable, Refused
    std::optional<Holding> refused = std::nullopt;  ///< Refused: with what was to be written
};

}  // namespace oomguard::daemon
