// SPDX-License-Identifier: MIT
#include "ctl/top/wakeup.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl/failure.hpp"

namespace oomguard::ctl::top {
namespace {

sigset_t signals_taken() {
    sigset_t taken;
    (void)::sigemptyset(&taken);
    for (const int signal : {SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        (void)::sigaddset(&taken, signal);
    return taken;
}

bool watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Wakeup::Wakeup(int keyboard) : keyboard_(keyboard) {
    const sigset_t taken = signals_taken();
    signals_ = sys::UniqueFd(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    epoll_ = sys::UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!signals_ || !epoll_ || !watch(epoll_.get(), signals_.get()) ||
        !watch(epoll_.get(), keyboard))
        throw Failure(ExitCode::Failed,
                      fmt::format("cannot wait for keys: {}", std::strerror(errno)));
    (void)::sigprocmask(SIG_BLOCK, &taken, &before_);
}

Wakeup::~Wakeup() {
    (void)::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Wakeup::next_signal() const {
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

bool Wakeup::has_hung_up() const {
    pollfd keyboard{keyboard_, POLLIN, 0};
    return ::poll(&keyboard, 1, 0) > 0 && (keyboard.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace oomguard::ctl::top
