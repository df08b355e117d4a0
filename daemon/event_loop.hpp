// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include <systemd/sd-event.h>

#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// The one sd-event loop of the daemon. Handlers may throw: what escapes one is given to the
/// error handler and the loop goes on. Failures to set the loop up throw std::system_error.
class EventLoop {
  public:
    using ErrorHandler = std::function<void(const char* what)>;

    /// Something the loop waits for, for as long as this lives.
    class Source {
      public:
        Source() = default;
        explicit operator bool() const { return source_ != nullptr; }

        /// For timers: run the handler once, at a time or after a while; or not at all.
        void arm_at(Time when);
        void arm_in(std::chrono::microseconds delay);
        void disarm();

        /// For descriptors: wait for other events (EPOLLIN...).
        void set_events(std::uint32_t events);
        /// Runs before each wait of the loop.
        void set_prepare(std::function<void()> handler);

      private:
        friend class EventLoop;
        struct Handlers {
            const ErrorHandler* on_error;
            std::function<void()> handler;
            std::function<void()> prepare;
        };
        struct Unref {
            void operator()(sd_event_source* source) const;
        };
        // In this order: the source must go before what it calls.
        std::unique_ptr<Handlers> handlers_;
        std::unique_ptr<sd_event_source, Unref> source_;
    };

    explicit EventLoop(ErrorHandler on_error);
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    [[nodiscard]] Source add_io(int fd, std::uint32_t events, std::function<void()> handler);

    /// Disarmed at first.
    [[nodiscard]] Source add_timer(std::function<void()> handler);

    /// Blocks the signal for the process.
    [[nodiscard]] Source add_signal(int signal, std::function<void()> handler);

    /// Answers systemd's watchdog, if the unit has one.
    void enable_watchdog();

    /// Runs until exit() is called; the code given there.
    int run();
    void exit(int code);

  private:
    struct Trampoline;

    Source make_source(std::function<void()> handler);

    ErrorHandler on_error_;
    sd_event* event_ = nullptr;
};

}  // namespace oomguard::daemon
