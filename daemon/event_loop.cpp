// SPDX-License-Identifier: MIT
#include "daemon/event_loop.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <exception>
#include <system_error>
#include <utility>

namespace oomguard::daemon {
namespace {

int check(int result, const char* operation) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), operation);
    return result;
}

/// What is due is due now: a process waits to be held. sd-event reads 0 as 250 ms.
constexpr std::uint64_t kAccuracyUsec = 1;

}  // namespace

/// Where C calls us: nothing escapes from here.
struct EventLoop::Trampoline {
    static int call(const Source::Handlers& handlers,
                    const std::function<void()>& handler) noexcept {
        try {
            handler();
        } catch (const std::exception& error) {
            (*handlers.on_error)(error.what());
        } catch (...) {
            (*handlers.on_error)("an unknown exception");
        }
        return 0;
    }
    static int dispatch(void* userdata) noexcept {
        const auto& handlers = *static_cast<Source::Handlers*>(userdata);
        return call(handlers, handlers.handler);
    }
    static int io(sd_event_source* /*source*/, int /*fd*/, std::uint32_t /*events*/,
                  void* userdata) noexcept {
        return dispatch(userdata);
    }
    static int timer(sd_event_source* /*source*/, std::uint64_t /*usec*/, void* userdata) noexcept {
        return dispatch(userdata);
    }
    static int signal(sd_event_source* /*source*/, const signalfd_siginfo* /*info*/,
                      void* userdata) noexcept {
        return dispatch(userdata);
    }
    static int prepare(sd_event_source* /*source*/, void* userdata) noexcept {
        const auto& handlers = *static_cast<Source::Handlers*>(userdata);
        return call(handlers, handlers.prepare);
    }
};

void EventLoop::Source::Unref::operator()(sd_event_source* source) const {
    sd_event_source_disable_unref(source);
}

void EventLoop::Source::arm_at(Time when) {
    // A time before the clock began, at boot, would be read as one that never comes.
    const auto since_epoch = std::max(
        std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()), {});
    check(sd_event_source_set_time(source_.get(), static_cast<std::uint64_t>(since_epoch.count())),
          "sd_event_source_set_time");
    check(sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT), "arm a timer");
}

void EventLoop::Source::arm_in(std::chrono::microseconds delay) {
    arm_at(Clock::now() + delay);
}

void EventLoop::Source::disarm() {
    check(sd_event_source_set_enabled(source_.get(), SD_EVENT_OFF), "disarm a timer");
}

void EventLoop::Source::set_events(std::uint32_t events) {
    check(sd_event_source_set_io_events(source_.get(), events), "sd_event_source_set_io_events");
}

void EventLoop::Source::set_prepare(std::function<void()> handler) {
    handlers_->prepare = std::move(handler);
    check(sd_event_source_set_prepare(source_.get(), &Trampoline::prepare),
          "sd_event_source_set_prepare");
}

EventLoop::EventLoop(ErrorHandler on_error) : on_error_(std::move(on_error)) {
    check(sd_event_new(&event_), "sd_event_new");
}

EventLoop::~EventLoop() {
    sd_event_unref(event_);
}

EventLoop::Source EventLoop::make_source(std::function<void()> handler) {
    Source source;
    source.handlers_ =
        std::make_unique<Source::Handlers>(Source::Handlers{&on_error_, std::move(handler), {}});
    return source;
}

EventLoop::Source EventLoop::add_io(int fd, std::uint32_t events, std::function<void()> handler) {
    Source source = make_source(std::move(handler));
    sd_event_source* added = nullptr;
    check(sd_event_add_io(event_, &added, fd, events, &Trampoline::io, source.handlers_.get()),
          "sd_event_add_io");
    source.source_.reset(added);
    return source;
}

EventLoop::Source EventLoop::add_timer(std::function<void()> handler) {
    Source source = make_source(std::move(handler));
    sd_event_source* added = nullptr;
    // libstdc++'s steady_clock is CLOCK_MONOTONIC.
    check(sd_event_add_time(event_, &added, CLOCK_MONOTONIC, 0, kAccuracyUsec, &Trampoline::timer,
                            source.handlers_.get()),
          "sd_event_add_time");
    source.source_.reset(added);
    source.disarm();
    return source;
}

EventLoop::Source EventLoop::add_signal(int signal, std::function<void()> handler) {
    Source source = make_source(std::move(handler));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    check(-pthread_sigmask(SIG_BLOCK, &set, nullptr), "pthread_sigmask");
    sd_event_source* added = nullptr;
    check(sd_event_add_signal(event_, &added, signal, &Trampoline::signal, source.handlers_.get()),
          "sd_event_add_signal");
    source.source_.reset(added);
    return source;
}

void EventLoop::enable_watchdog() {
    check(sd_event_set_watchdog(event_, 1), "sd_event_set_watchdog");
}

int EventLoop::run() {
    return check(sd_event_loop(event_), "sd_event_loop");
}

void EventLoop::exit(int code) {
    sd_event_exit(event_, code);
}

}  // namespace oomguard::daemon
