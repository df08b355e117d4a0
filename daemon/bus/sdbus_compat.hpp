// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

// Debian 12 has sdbus-c++ 1.2, Debian 13 has 2.1. This header is the only place that knows.
// What is generated from the XML has the same face with both.
namespace oomguard::daemon::compat {

#if OOMGUARD_SDBUSCPP_MAJOR >= 2
using sdbus::InterfaceName;
using sdbus::PropertyName;
using sdbus::ServiceName;
using ErrorName = sdbus::Error::Name;
/// Why there is no reply; false if there is one.
using ReplyError = std::optional<sdbus::Error>;

inline std::unique_ptr<sdbus::IProxy> proxy_of(sdbus::IConnection& connection, const char* service,
                                               const char* path) {
    return sdbus::createProxy(connection, sdbus::ServiceName{service}, sdbus::ObjectPath{path});
}

/// To be called when the handlers of its signals are set.
inline void start_listening(sdbus::IProxy& /*proxy*/) {}

inline bool process_one(sdbus::IConnection& connection) {
    return connection.processPendingEvent();
}

/// CLOCK_MONOTONIC; UINT64_MAX for never.
inline std::uint64_t deadline_usec(const sdbus::IConnection::PollData& poll) {
    if (poll.timeout == std::chrono::microseconds::max())
        return UINT64_MAX;
    return static_cast<std::uint64_t>(poll.timeout.count());
}

inline sdbus::Message current_message(const sdbus::IObject& object) {
    return object.getCurrentlyProcessedMessage();
}

/// The unique name of who sent the signal that is being handled.
inline std::string sender_of(const sdbus::IProxy& proxy) {
    return proxy.getCurrentlyProcessedMessage().getSender();
}

/// Calls the handler for every message that matches, from now on and as long as the connection
/// lives.
inline void add_match(sdbus::IConnection& connection, const std::string& match,
                      std::function<void()> handler) {
    connection.addMatch(match,
                        [handler = std::move(handler)](const auto& /*message*/) { handler(); });
}

inline sdbus::Signal make_signal(sdbus::IObject& object, const char* interface, const char* name) {
    return object.createSignal(InterfaceName{interface}, sdbus::SignalName{name});
}

/// A call that is made and never sent.
inline sdbus::MethodCall unsent_call(const sdbus::IProxy& proxy) {
    return proxy.createMethodCall(InterfaceName{"org.freedesktop.DBus.Peer"},
                                  sdbus::MethodName{"Ping"});
}
#else
using InterfaceName = std::string;
using PropertyName = std::string;
using ServiceName = std::string;
using ErrorName = std::string;
using ReplyError = const sdbus::Error*;

inline std::unique_ptr<sdbus::IProxy> proxy_of(sdbus::IConnection& connection, const char* service,
                                               const char* path) {
    return sdbus::createProxy(connection, service, path);
}

inline void start_listening(sdbus::IProxy& proxy) {
    proxy.finishRegistration();
}

inline bool process_one(sdbus::IConnection& connection) {
    return connection.processPendingRequest();
}

inline std::uint64_t deadline_usec(const sdbus::IConnection::PollData& poll) {
    return poll.timeout_usec;
}

inline const sdbus::Message& current_message(const sdbus::IObject& object) {
    return *object.getCurrentlyProcessedMessage();
}

inline std::string sender_of(const sdbus::IProxy& proxy) {
    return proxy.getCurrentlyProcessedMessage()->getSender();
}

inline void add_match(sdbus::IConnection& connection, const std::string& match,
                      std::function<void()> handler) {
    connection.addMatch(
        match, [handler = std::move(handler)](const auto& /*message*/) { handler(); },
        sdbus::floating_slot);
}

inline sdbus::Signal make_signal(sdbus::IObject& object, const char* interface, const char* name) {
    return object.createSignal(interface, name);
}

inline sdbus::MethodCall unsent_call(sdbus::IProxy& proxy) {
    return proxy.createMethodCall("org.freedesktop.DBus.Peer", "Ping");
}
#endif

namespace detail {

/// sdbus-c++ knows nothing of interactive authorization: libsystemd's own message does.
struct Raw : sdbus::Message {
    static sd_bus_message* of(const sdbus::Message& message) {
        return static_cast<sd_bus_message*>(message.*(&Raw::msg_));
    }
};

}  // namespace detail

/// Who called what.
struct Call {
    std::string sender;  ///< unique name
    std::string method;
    bool may_ask = false;  ///< the flag ALLOW_INTERACTIVE_AUTHORIZATION
};

/// The call that is being served.
inline Call call_of(const sdbus::IObject& object) {
    const sdbus::Message& message = current_message(object);
    return {message.getSender(), message.getMemberName(),
            sd_bus_message_get_allow_interactive_authorization(detail::Raw::of(message)) > 0};
}

/// From now on every call on this connection allows that its user is asked for a password.
inline void allow_asking(sdbus::IProxy& proxy) {
    const sdbus::MethodCall call = unsent_call(proxy);
    sd_bus* bus = sd_bus_message_get_bus(detail::Raw::of(call));
    (void)sd_bus_set_allow_interactive_authorization(bus, 1);
}

}  // namespace oomguard::daemon::compat
