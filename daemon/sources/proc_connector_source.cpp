// SPDX-License-Identifier: MIT
#include "daemon/sources/proc_connector_source.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

namespace oomguard::daemon {
namespace {

constexpr std::chrono::seconds kAcknowledgementWait{2};
constexpr std::chrono::seconds kRetryPause{60};
/// Forks and exits closer together than this are read together.
constexpr std::chrono::milliseconds kRest{4};
constexpr std::uint32_t kMostCpus = 65'536;

std::string why_refused(const std::string& what, int number) {
    const bool is_denied = number == EPERM || number == EACCES;
    return what + (is_denied ? "; before Linux 6.6 it needs CAP_NET_ADMIN" : "");
}

}  // namespace

ProcConnectorSource::ProcConnectorSource(EventLoop& loop, News& news)
    : news_(news),
      loop_(loop),
      report_(news, "proc-connector"),
      rest_timer_(loop.add_timer([this] { go_on(); })),
      acknowledgement_timer_(loop.add_timer([this] {
          fail(
              "the kernel does not acknowledge the subscription: it does so only in the initial "
              "network, user and pid namespaces, and if built with CONFIG_PROC_EVENTS");
      })),
      subscribe_timer_(loop.add_timer([this] { subscribe(); })) {}

void ProcConnectorSource::start() {
    if (state().status == SourceState::Status::Off)
        subscribe();
}

void ProcConnectorSource::stop() {
    acknowledgement_timer_.disarm();
    subscribe_timer_.disarm();
    close();
    report_.set(SourceState::Status::Off);
}

void ProcConnectorSource::subscribe() {
    is_resubscribing_ = false;
    close();
    last_sequence_.clear();
    if (const auto done = open(); !done) {
        fail(why_refused(done.error().message(), done.error().code.value()));
        return;
    }
    // At each event that comes; go_on() resets it.
    alarm_io_ = loop_.add_io(alarm_->fd(), EPOLLIN | EPOLLET, [this] {
        read();
        if (has_more_)
            rest();
    });
    io_ = loop_.add_io(connector_->fd(), EPOLLIN, [this] {
        read();
        rest();
    });
    if (state().status == SourceState::Status::Off)
        report_.set(SourceState::Status::Standby, "waiting for the kernel to acknowledge");
    acknowledgement_timer_.arm_in(kAcknowledgementWait);
}

Result<void> ProcConnectorSource::open() {
    auto alarm = sys::ProcAlarm::open();
    if (!alarm)
        return alarm.error();
    alarm_.emplace(std::move(*alarm));
    auto connector = sys::ProcConnector::open();
    if (!connector)
        return connector.error();
    connector_.emplace(std::move(*connector));
    return connector_->subscribe();
}

void ProcConnectorSource::close() {
    rest_timer_.disarm();
    io_ = {};
    alarm_io_ = {};
    connector_.reset();
    alarm_.reset();
}

void ProcConnectorSource::catch_up() {
    constexpr int kMostReads = 64;
    for (int reads = 0; reads < kMostReads && state().works(); ++reads) {
        read();
        if (!has_more_)
            return;
    }
}

/// Only the alarm and the timer wake for what comes.
void ProcConnectorSource::rest() {
    if (state().status == SourceState::Status::Failed)
        return;
    rest_timer_.arm_in(has_more_ ? std::chrono::milliseconds(0) : kRest);
    io_.set_events(0);
    has_read_ = false;
}

void ProcConnectorSource::go_on() {
    // First, so that it is armed whatever happens below.
    rest_timer_.arm_in(kRest);
    alarm_->reset();
    read();
    if (has_read_) {
        rest();
    } else {
        rest_timer_.disarm();
        io_.set_events(EPOLLIN);
    }
}

void ProcConnectorSource::read() {
    const auto report = connector_->read([this](const sys::ProcEvent& event) {
        has_read_ = true;
        take(event);
    });
    has_more_ = report && report->more;
    news_.all_told();
    if (!report)
        fail(report.error().message());
    else if (report->overrun)
        lost("the kernel dropped events because the receive buffer was full");
    else if (report->malformed)
        lost("the kernel sent a message that is not understood");
}

void ProcConnectorSource::take(const sys::ProcEvent& event) {
    using Kind = sys::ProcEvent::Kind;
    // An acknowledgement has its place in the sequence too.
    if (!is_next(event))
        lost("a gap in the sequence of events");
    switch (event.kind) {
        case Kind::Ack:
            acknowledged(event.error);
            break;
        case Kind::Fork:
            news_.forked(event.pid, event.parent_pid);
            break;
        case Kind::Exec:
        case Kind::Uid:
        case Kind::Comm:
            news_.found(event.pid);
            break;
        case Kind::Exit:
            news_.ended(event.pid, event.signal);
            break;
        case Kind::Other:
            break;
    }
}

void ProcConnectorSource::acknowledged(int error) {
    acknowledgement_timer_.disarm();
    if (error != 0) {
        const std::string what = "subscribe to the proc connector: ";
        fail(why_refused(what + std::generic_category().message(error), error));
        return;
    }
    report_.set(SourceState::Status::Working);
    // What started before the subscription is found by looking at everything, once, after it.
    news_.caught_up();
}

bool ProcConnectorSource::is_next(const sys::ProcEvent& event) {
    if (event.cpu >= kMostCpus)
        return true;
    if (event.cpu >= last_sequence_.size())
        last_sequence_.resize(event.cpu + std::size_t{1});
    const auto before = std::exchange(last_sequence_[event.cpu], event.sequence);
    return !before || event.sequence == *before + 1;
}

void ProcConnectorSource::lost(const std::string& what) {
    // One loss shows more than once: as ENOBUFS, and as a gap of each cpu.
    if (std::exchange(is_resubscribing_, true))
        return;
    news_.overrun(state().name, what);
    // Not here: this runs inside the handler of the descriptor that will be closed.
    subscribe_timer_.arm_in({});
}

void ProcConnectorSource::fail(const std::string& reason) {
    acknowledgement_timer_.disarm();
    rest_timer_.disarm();
    for (EventLoop::Source* const source : {&io_, &alarm_io_}) {
        if (*source)
            source->disarm();
    }
    subscribe_timer_.arm_in(kRetryPause);
    report_.set(SourceState::Status::Failed, reason);
}

}  // namespace oomguard::daemon
