// SPDX-License-Identifier: MIT
#include "daemon/bus/polkit.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

namespace oomguard::daemon {
namespace {

constexpr const char* kInterface = "org.freedesktop.PolicyKit1.Authority";
constexpr std::chrono::seconds kDeadline{5};
/// With someone to type a password.
constexpr std::chrono::seconds kDeadlineOfAsking{120};
constexpr std::uint32_t kAllowUserInteraction = 1;

using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
using Reply = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> ends) {
    return std::any_of(ends.begin(), ends.end(), [&](auto end) { return name.ends_with(end); });
}

Polkit::Answer answer_of(const sdbus::Error& error) {
    using Kind = Polkit::Answer::Kind;
    const std::string& name = error.getName();
    Kind kind = Kind::Failed;
    if (is_one_of(name, {"DBus.Error.ServiceUnknown", "DBus.Error.NameHasNoOwner",
                         "systemd1.NoSuchUnit"}) ||
        name.find("DBus.Error.Spawn.") != std::string::npos)
        kind = Kind::Missing;
    else if (is_one_of(name, {"DBus.Error.NoReply", "DBus.Error.Timeout", "DBus.Error.TimedOut"}))
        kind = Kind::Silent;
    return {kind, error.getMessage()};
}

Polkit::Answer answer_of(const Reply& reply, bool may_ask) {
    using Kind = Polkit::Answer::Kind;
    const bool is_granted = reply.get<0>();
    const bool takes_password = reply.get<1>();
    if (is_granted)
        return {Kind::Granted, ""};
    if (!takes_password)
        return {Kind::Denied, ""};
    return {may_ask ? Kind::NotProven : Kind::AskingNotAllowed, ""};
}

}  // namespace

Polkit::Polkit(sdbus::IConnection& connection)
    : authority_(compat::proxy_of(connection, "org.freedesktop.PolicyKit1",
                                  "/org/freedesktop/PolicyKit1/Authority")) {}

void Polkit::check(const std::string& sender, const char* action, bool may_ask, Then then) {
    const std::string id = "oom-guardd-" + std::to_string(++asked_);
    const Subject subject("system-bus-name", {{"name", sdbus::Variant(sender)}});
    authority_->callMethodAsync("CheckAuthorization")
        .onInterface(kInterface)
        .withTimeout(may_ask ? kDeadlineOfAsking : kDeadline)
        .withArguments(subject, std::string(action), std::map<std::string, std::string>(),
                       may_ask ? kAllowUserInteraction : 0U, id)
        .uponReplyInvoke([this, id, may_ask, then = std::move(then)](compat::ReplyError error,
                                                                     const Reply& reply) {
            const Answer answer = error ? answer_of(*error) : answer_of(reply, may_ask);
            if (answer.kind == Answer::Kind::Silent)
                cancel(id);
            then(answer);
        });
}

/// A dialogue that still stands there would be answered for nothing.
void Polkit::cancel(const std::string& id) {
    authority_->callMethodAsync("CancelCheckAuthorization")
        .onInterface(kInterface)
        .withArguments(id)
        .uponReplyInvoke([](compat::ReplyError /*error*/) {});
}

}  // namespace oomguard::daemon
