// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/guard.hpp"
#include "fakes.hpp"
#include "unit/core/builders.hpp"

namespace oomguard::daemon {

using Lines = std::vector<std::string>;

inline constexpr Pid kSelf = 77;

inline Value exactly(int value) {
    return {Value::Kind::Exactly, value};
}

/// A rule that means the processes of a name, whosever they are.
inline Rule rule(const std::string& name, const std::string& program, Value value) {
    Rule made = rule_of({.name = {glob(program)}});
    made.name = name;
    made.value = value;
    made.trust = Trust::Any;
    return made;
}

/// A guard over fakes, and a clock that goes on when told.
struct Guarding {
    FakeTable table;
    FakeWriter writer;
    FakeObserver seen;
    Guard guard{table, writer, seen, kSelf};
    Time now = Time{} + std::chrono::hours(5);

    explicit Guarding(std::vector<Rule> rules = {}) { set_rules(std::move(rules)); }

    void set_rules(std::vector<Rule> rules) {
        guard.set_rules(std::make_shared<const RuleSet>(std::move(rules)));
    }

    bool look(Pid pid) { return guard.examine(pid, now); }

    [[nodiscard]] const Holding& holding(Pid pid) const { return guard.holdings().at(pid); }
    [[nodiscard]] bool holds(Pid pid) const { return guard.holdings().contains(pid); }
    [[nodiscard]] std::string state(Pid pid) const { return state_text(holding(pid).state); }
};

}  // namespace oomguard::daemon
