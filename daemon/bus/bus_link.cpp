// SPDX-License-Identifier: MIT
#include "daemon/bus/bus_link.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/poll.h>

#include "daemon/bus/bus_probe.hpp"
#include "daemon/bus/names.hpp"

namespace oomguard::daemon {
namespace {

constexpr const char* kOomdName = "org.freedesktop.oom1";
/// Of one turn of the loop.
constexpr int kMostMessages = 16;
constexpr std::chrono::milliseconds kLongestTurn{5};
constexpr unsigned kMostSignalsASecond = 500;
constexpr std::chrono::seconds kFirstRetryPause{1};
constexpr std::chrono::seconds kLongestRetryPause{30};
/// A call that the bus daemon itself must answer; it must not keep the guard from its work.
constexpr std::chrono::seconds kCallTimeout{5};
/// How long the start may wait for a bus, so that those who listen hear of everything that is held;
/// and how long a bus may take later, while the guard goes on.
constexpr std::chrono::seconds kLongestAtStart{2};
constexpr std::chrono::seconds kLongest{10};
constexpr const char* kSilent = "it takes connections and does not answer";

std::unique_ptr<sdbus::IConnection> open_connection(const std::string& where) {
    if (where == "system")
        return sdbus::createSystemBusConnection();
    if (where == "session")
        return sdbus::createSessionBusConnection();
    return sdbus::createSessionBusConnectionWithAddress(without_guid(where));
}

void request_name(sdbus::IConnection& connection) {
    try {
        connection.requestName(compat::ServiceName{kServiceName});
    } catch (const sdbus::Error& error) {
        throw sdbus::Error(
            error.getName(),
            std::string("the name ") + kServiceName + " is not to be had: " + error.getMessage() +
                "; another oom-guardd may have it, or the bus may not know its policy yet "
                "(systemctl reload dbus)");
    }
}

}  // namespace

BusLink::BusLink(EventLoop& loop, Control& control, std::string where)
    : loop_(loop),
      control_(control),
      where_(std::move(where)),
      limits_{.signals = RateLimit(kMostSignalsASecond)},
      retry_(loop.add_timer([this] { connect(); })),
      retry_pause_(kFirstRetryPause) {}

void BusLink::start() {
    if (where_ == "none")
        return;
    try {
        if (BusProbe(where_).wait(kLongestAtStart))
            open();
        else
            lose(kSilent);
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
}

void BusLink::connect() {
    // Here and not in lose(), which runs inside their handlers.
    io_ = {};
    timeout_ = {};
    probe_.reset();
    systemd_.reset();
    oomd_.reset();
    bus_.reset();
    object_.reset();
    connection_.reset();
    try {
        if (std::exchange(answers_, false))
            open();
        else
            probe();
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
}

void BusLink::probe() {
    probe_ = std::make_unique<BusProbe>(where_);
    timeout_ = loop_.add_timer([this] { lose(kSilent); });
    timeout_.arm_in(kLongest);
    io_ = loop_.add_io(probe_->fd(), EPOLLIN, [this] { look_at_probe(); });
    io_.set_prepare([this] { io_.set_events(probe_->events()); });
}

void BusLink::look_at_probe() {
    try {
        answers_ = probe_->has_answered();
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
    if (!answers_)
        return;
    io_.disarm();
    timeout_.disarm();
    retry_.arm_in(std::chrono::microseconds(0));
}

void BusLink::open() {
    connection_ = open_connection(where_);
    connection_->setMethodCallTimeout(kCallTimeout);
    object_ = std::make_unique<ManagerObject>(*connection_, control_, limits_);
    request_name(*connection_);
    attach();
    ask_systemd_version();
    listen_to_oomd();
    retry_pause_ = kFirstRetryPause;
    failure_.clear();
    control_.bus_changed();
    spdlog::info("on the bus '{}' as {}", where_, kServiceName);
}

void BusLink::attach() {
    timeout_ = loop_.add_timer([this] { process(); });
    io_ = loop_.add_io(connection_->getEventLoopPollData().fd, EPOLLIN, [this] { process(); });
    io_.set_prepare([this] { prepare(); });
}

/// Where nobody answers, as on a bus without systemd, it stays unknown.
void BusLink::ask_systemd_version() {
    systemd_ =
        compat::proxy_of(*connection_, "org.freedesktop.systemd1", "/org/freedesktop/systemd1");
    systemd_->callMethodAsync("Get")
        .onInterface("org.freedesktop.DBus.Properties")
        .withArguments(std::string("org.freedesktop.systemd1.Manager"), std::string("Version"))
        .uponReplyInvoke([this](compat::ReplyError error, const sdbus::Variant& version) {
            if (!error && version.containsValueOfType<std::string>())
                control_.systemd_version_is(version.get<std::string>());
        });
}

/// It may come and go.
void BusLink::listen_to_oomd() {
    bus_ = compat::proxy_of(*connection_, "org.freedesktop.DBus", "/org/freedesktop/DBus");
    oomd_ = compat::proxy_of(*connection_, kOomdName, "/org/freedesktop/oom1");
    oomd_->uponSignal("Killed")
        .onInterface("org.freedesktop.oom1.Manager")
        .call([this](const std::string& cgroup, const std::string& reason) {
            oomd_killed(cgroup, reason);
        });
    compat::start_listening(*oomd_);
}

/// A signal that is sent to us alone comes whoever sends it: so the bus is asked whose name it is.
void BusLink::oomd_killed(const std::string& cgroup, const std::string& reason) {
    bus_->callMethodAsync("GetNameOwner")
        .onInterface("org.freedesktop.DBus")
        .withArguments(std::string(kOomdName))
        .uponReplyInvoke([this, cgroup, reason, sender = compat::sender_of(*oomd_)](
                             compat::ReplyError error, const std::string& owner) {
            if (!error && owner == sender)
                control_.systemd_oomd_killed(cgroup, reason);
        });
}

void BusLink::prepare() {
    const auto poll = connection_->getEventLoopPollData();
    std::uint32_t events = 0;
    events |= (poll.events & POLLIN) != 0 ? std::uint32_t{EPOLLIN} : 0;
    events |= (poll.events & POLLOUT) != 0 ? std::uint32_t{EPOLLOUT} : 0;
    io_.set_events(events);

    const std::uint64_t deadline = compat::deadline_usec(poll);
    if (deadline == UINT64_MAX) {
        timeout_.disarm();
        return;
    }
    const std::chrono::microseconds since_epoch(static_cast<std::int64_t>(deadline));
    timeout_.arm_at(Time(since_epoch));
}

void BusLink::process() {
    try {
        // A bound, so that no caller can keep the loop from its other work. What is left waits
        // for the next turn: sd-bus then asks for one at once.
        const Time end = Clock::now() + kLongestTurn;
        for (int handled = 0; handled < kMostMessages && Clock::now() < end; ++handled) {
            if (!compat::process_one(*connection_))
                break;
        }
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
}

void BusLink::with_object(const std::function<void(ManagerObject&)>& use) {
    if (!object_ || !failure_.empty())
        return;
    try {
        use(*object_);
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
}

void BusLink::stop() {
    is_stopping_ = true;
}

void BusLink::lose(const std::string& why) {
    if (is_stopping_) {
        failure_ = why.empty() ? "unknown" : why;
        return;
    }
    if (io_)
        io_.disarm();
    if (timeout_)
        timeout_.disarm();
    if (failure_.empty())
        spdlog::warn("no connection to the bus '{}', guarding on without it: {}", where_, why);
    failure_ = why.empty() ? "unknown" : why;
    control_.bus_changed();
    retry_.arm_in(retry_pause_);
    retry_pause_ = std::min(2 * retry_pause_, kLongestRetryPause);
}

}  // namespace oomguard::daemon
