// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "family.hpp"
#include "support/catch.hpp"

// Rules for one process each: Guard::pin and Guard::unpin, which Hold, HoldTree and Release call.
namespace oomguard::daemon {

using Reason = PinFailure::Reason;

inline const std::vector<Rule> kNoRules;

struct Pinning : Family {
    explicit Pinning(std::vector<Rule> rules = {rule("job", "train", exactly(500))})
        : Family(std::move(rules)) {}

    std::optional<Reason> pin(Pid pid, int value, Children children = Children::Reset) {
        return reason_of(guard.pin(pid, value, children, now));
    }
    std::optional<Reason> unpin(Pid pid) { return reason_of(guard.unpin(pid, now)); }

    /// As the daemon does it.
    void pin_tree(Pid pid, int value) {
        CHECK(pin(pid, value, Children::Include) == std::nullopt);
        sweep();
    }

    [[nodiscard]] bool is_pinned(Pid pid) const { return guard.pins().owner(pid).has_value(); }
    [[nodiscard]] bool is_on_record(Pid pid) const { return writer.ledger.pins.contains(pid); }

    static std::optional<Reason> reason_of(const std::optional<PinFailure>& failure) {
        return failure ? std::optional(failure->reason) : std::nullopt;
    }
};

}  // namespace oomguard::daemon
