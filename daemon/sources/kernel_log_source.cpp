// SPDX-License-Identifier: MIT
#include "daemon/sources/kernel_log_source.hpp"

#include <utility>

#include <sys/epoll.h>

namespace oomguard::daemon {
namespace {

/// Read in one go, before the loop turns to what else is waiting.
constexpr int kMostRecords = 1024;

std::string why_not_read(const Error& error) {
    return error.message() +
           (is_denied(error) || is_gone(error)
                ? "; the unit oom-guardd.service gives it as standard input, without a privilege"
                : "");
}

}  // namespace

KernelLogSource::KernelLogSource(EventLoop& loop, SourceListener& listener, Hooks hooks)
    : loop_(loop), report_(listener, "kernel-log"), hooks_(std::move(hooks)) {}

void KernelLogSource::start(std::optional<std::uint64_t> after) {
    auto kmsg = sys::Kmsg::open();
    if (!kmsg) {
        report_.set(SourceState::Status::Failed, why_not_read(kmsg.error()));
        return;
    }
    last_ = after;
    kmsg_.emplace(*std::move(kmsg));
    io_ = loop_.add_io(kmsg_->fd(), EPOLLIN, [this] { read(false); });
    report_.set(SourceState::Status::Working);
    read(true);
}

void KernelLogSource::stop() {
    io_ = {};
    kmsg_.reset();
    report_.set(SourceState::Status::Off);
}

void KernelLogSource::catch_up() {
    if (state().works())
        read(false);
}

void KernelLogSource::read(bool is_past) {
    using Kind = sys::Kmsg::Reading::Kind;
    // What was there at the start is read whole: later records would not be past.
    bool has_lost = false;
    for (int count = 0; is_past || count < kMostRecords; ++count) {
        const auto reading = kmsg_->read();
        if (!reading) {
            io_.disarm();
            report_.set(SourceState::Status::Failed, reading.error().message());
            return;
        }
        if (reading->kind == Kind::None)
            return;
        if (reading->kind == Kind::Lost) {
            if (!std::exchange(has_lost, true))
                hooks_.lost();
            continue;
        }
        const auto record = parse_kernel_record(reading->record);
        if (!record || (last_ && record->sequence <= *last_))
            continue;
        last_ = record->sequence;
        hooks_.logged(*record, is_past);
    }
}

}  // namespace oomguard::daemon
