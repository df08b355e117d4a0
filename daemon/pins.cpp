// SPDX-License-Identifier: MIT
#include "daemon/pins.hpp"

#include <utility>

namespace oomguard::daemon {

RulePointer Pins::find(ProcessId id) const {
    const auto found = pins_.find(id.pid);
    return found != pins_.end() && found->second.start_time == id.start_time ? found->second.rule
                                                                             : nullptr;
}

std::optional<ProcessId> Pins::owner(Pid pid) const {
    const auto found = pins_.find(pid);
    return found == pins_.end() ? std::nullopt
                                : std::optional(ProcessId{pid, found->second.start_time});
}

std::vector<ProcessId> Pins::owners() const {
    std::vector<ProcessId> owners;
    for (const auto& [pid, pin] : pins_)
        owners.push_back({pid, pin.start_time});
    return owners;
}

void Pins::set(ProcessId id, RulePointer rule) {
    pins_.insert_or_assign(id.pid, Pin{id.start_time, std::move(rule)});
}

RulePointer Pins::erase(ProcessId id) {
    RulePointer rule = find(id);
    if (rule)
        pins_.erase(id.pid);
    return rule;
}

std::string pin_name(Pid pid) {
    return std::string(kHoldPrefix) + std::to_string(pid);
}

RulePointer pin_rule(Pid pid, int value, Children children) {
    static const auto kOrigin = std::make_shared<const std::string>("(hold)");
    Rule rule;
    rule.name = pin_name(pid);
    rule.origin.file = kOrigin;
    rule.value = {Value::Kind::Exactly, value};
    rule.children = children;
    rule.trust = Trust::Any;  // root's word
    return std::make_shared<const Rule>(std::move(rule));
}

}  // namespace oomguard::daemon
