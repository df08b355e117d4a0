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
#include <sys/types.h>

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

/// The effective uid of the caller that is being served.
inline uid_t caller_uid(const sdbus::IObject& object) {
    return object.getCurrentlyProcessedMessage().getCredsEuid();
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

inline uid_t caller_uid(const sdbus::IObject& object) {
    return object.getCurrentlyProcessedMessage()->getCredsEuid();
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
#endif

}  // namespace oomguard::daemon::compat
