// SPDX-License-Identifier: MIT
#include "sys/proc_connector.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "sys/proc_socket.hpp"

namespace oomguard::sys {

namespace {

constexpr int kWantedReceiveBuffer = 16 * 1024 * 1024;

/// Sends PROC_CN_MCAST_LISTEN or _IGNORE; 0 or an errno. The operation alone: with the filter of
/// Linux 6.6, events that are filtered out leave gaps in the sequence like those of lost ones.
int send_operation(int fd, proc_cn_mcast_op operation, std::uint32_t request) {
    cn_msg connector{};
    connector.id = {CN_IDX_PROC, CN_VAL_PROC};
    connector.ack = request;
    connector.len = sizeof(operation);
    nlmsghdr header{};
    std::array<std::byte, sizeof(header) + sizeof(connector) + sizeof(operation)> message;
    header.nlmsg_len = message.size();
    header.nlmsg_type = NLMSG_DONE;
    std::byte* const start = message.data();
    std::memcpy(start, &header, sizeof(header));
    std::memcpy(start + sizeof(header), &connector, sizeof(connector));
    std::memcpy(start + sizeof(header) + sizeof(connector), &operation, sizeof(operation));

    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    iovec vector{message.data(), message.size()};
    msghdr envelope{};
    envelope.msg_name = &kernel;
    envelope.msg_namelen = sizeof(kernel);
    envelope.msg_iov = &vector;
    envelope.msg_iovlen = 1;
    ssize_t sent = -1;
    do
        sent = ::sendmsg(fd, &envelope, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

void enlarge_receive_buffer(int fd) {
    // SO_RCVBUFFORCE needs CAP_NET_ADMIN; SO_RCVBUF is cut to net.core.rmem_max.
    const int size = kWantedReceiveBuffer;
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
        (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

}  // namespace

/// The kernel's datagrams are of about 76 bytes, one event each.
class ProcConnector::Batch {
  public:
    static constexpr std::size_t kSize = 64;

    Batch() {
        for (std::size_t i = 0; i < kSize; ++i) {
            vectors_[i] = {buffers_[i].data(), buffers_[i].size()};
            headers_[i].msg_hdr.msg_iov = &vectors_[i];
            headers_[i].msg_hdr.msg_iovlen = 1;
            headers_[i].msg_hdr.msg_name = &senders_[i];
        }
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// The number of datagrams received, or -1 and errno.
    int receive(int fd) {
        for (mmsghdr& header : headers_)
            header.msg_hdr.msg_namelen = sizeof(sockaddr_nl);
        int count = -1;
        do
            count = ::recvmmsg(fd, headers_.data(), kSize, MSG_DONTWAIT, nullptr);
        while (count < 0 && errno == EINTR);
        return count;
    }

    [[nodiscard]] bool from_kernel(std::size_t i) const {
        return headers_[i].msg_hdr.msg_namelen == sizeof(sockaddr_nl) && senders_[i].nl_pid == 0;
    }

    [[nodiscard]] bool truncated(std::size_t i) const {
        return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    }

    [[nodiscard]] std::span<const std::byte> bytes(std::size_t i) const {
        return std::span(buffers_[i]).first(headers_[i].msg_len);
    }

  private:
    static constexpr std::size_t kBuffer = 256;

    std::array<std::array<std::byte, kBuffer>, kSize> buffers_;
    std::array<sockaddr_nl, kSize> senders_{};
    std::array<iovec, kSize> vectors_{};
    std::array<mmsghdr, kSize> headers_{};
};

Result<ProcConnector> ProcConnector::open() {
    Result<UniqueFd> fd = open_proc_socket();
    if (!fd)
        return fd.error();
    enlarge_receive_buffer(fd->get());
    if (const auto joined = join_proc_events(fd->get()); !joined)
        return joined.error();
    return ProcConnector(*std::move(fd));
}

ProcConnector::ProcConnector(UniqueFd fd) : fd_(std::move(fd)), batch_(std::make_unique<Batch>()) {}

ProcConnector::ProcConnector(ProcConnector&& other) noexcept
    : fd_(std::move(other.fd_)),
      batch_(std::move(other.batch_)),
      subscribed_(std::exchange(other.subscribed_, false)),
      subscription_(other.subscription_) {}

ProcConnector& ProcConnector::operator=(ProcConnector&& other) noexcept {
    if (this == &other)
        return *this;
    unsubscribe();
    fd_ = std::move(other.fd_);
    batch_ = std::move(other.batch_);
    subscribed_ = std::exchange(other.subscribed_, false);
    subscription_ = other.subscription_;
    return *this;
}

ProcConnector::~ProcConnector() {
    unsubscribe();
}

int ProcConnector::receive_buffer() const {
    int size = 0;
    socklen_t length = sizeof(size);
    return ::getsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 ? size : 0;
}

Result<void> ProcConnector::subscribe() {
    // Up to Linux 6.5 each subscription counts anew.
    unsubscribe();
    if (::getrandom(&subscription_, sizeof(subscription_), GRND_NONBLOCK) != sizeof(subscription_))
        ++subscription_;
    const int failure = send_operation(fd_.get(), PROC_CN_MCAST_LISTEN, subscription_);
    if (failure != 0)
        return errno_error(failure, "subscribe to proc connector");
    subscribed_ = true;
    return {};
}

void ProcConnector::unsubscribe() noexcept {
    if (std::exchange(subscribed_, false))
        (void)send_operation(fd_.get(), PROC_CN_MCAST_IGNORE, 0);
}

Result<ProcConnector::ReadReport> ProcConnector::read(
    const std::function<void(const ProcEvent&)>& sink) {
    const auto deliver = [&](ProcEvent event) {
        if (event.kind == ProcEvent::Kind::Ack && event.request != subscription_)
            event.kind = ProcEvent::Kind::Other;
        sink(event);
    };

    constexpr int kMostBatches = 8;
    ReadReport report;
    for (int batches = 0; batches < kMostBatches; ++batches) {
        const int count = batch_->receive(fd_.get());
        if (count < 0 && errno == ENOBUFS) {
            // Told once; the queue holds what came before the loss.
            report.overrun = true;
            continue;
        }
        if (count < 0 && errno == EAGAIN)
            return report;
        if (count < 0)
            return errno_error(errno, "receive from proc connector");
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            if (!batch_->from_kernel(i))
                continue;
            if (batch_->truncated(i) || !parse_proc_events(batch_->bytes(i), deliver))
                report.malformed = true;
        }
        // What has come since wakes the reader again.
        if (count < static_cast<int>(Batch::kSize))
            return report;
    }
    report.more = true;
    return report;
}

}  // namespace oomguard::sys
