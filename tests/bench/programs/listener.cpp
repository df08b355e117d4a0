// SPDX-License-Identifier: MIT
// A listener on the proc connector that does nothing but read: the least that any use of it costs.
// It prints "ready" and, when it is told to terminate, how many events it has read.
//   listener one|many     an event with each system call, or as many as there are
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "sys/proc_connector.hpp"

namespace {

constexpr std::size_t kMost = 64;
constexpr std::size_t kEventSize = 256;

volatile std::sig_atomic_t is_stopped = 0;

class Receiver {
  public:
    Receiver() {
        for (std::size_t index = 0; index < kMost; ++index) {
            vectors_[index] = {buffers_[index].data(), kEventSize};
            headers_[index].msg_hdr.msg_iov = &vectors_[index];
            headers_[index].msg_hdr.msg_iovlen = 1;
        }
    }

    /// Waits for one event at least; how many came.
    int receive(int fd, bool many) {
        if (!many)
            return ::recv(fd, buffers_[0].data(), kEventSize, 0) > 0 ? 1 : 0;
        const int count = ::recvmmsg(fd, headers_.data(), kMost, MSG_WAITFORONE, nullptr);
        return count > 0 ? count : 0;
    }

  private:
    std::array<std::array<char, kEventSize>, kMost> buffers_{};
    std::array<iovec, kMost> vectors_{};
    std::array<mmsghdr, kMost> headers_{};
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2)
        return EXIT_FAILURE;
    (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct sigaction action {};
    action.sa_handler = [](int) { is_stopped = 1; };
    // Without SA_RESTART: it interrupts the wait for an event.
    (void)::sigaction(SIGTERM, &action, nullptr);

    auto connector = oomguard::sys::ProcConnector::open();
    if (!connector || !connector->subscribe() || ::fcntl(connector->fd(), F_SETFL, 0) != 0)
        return EXIT_FAILURE;
    (void)std::puts("ready");
    (void)std::fflush(stdout);

    const bool many = std::string_view(argv[1]) == "many";
    Receiver receiver;
    long events = 0;
    while (is_stopped == 0)
        events += receiver.receive(connector->fd(), many);
    (void)std::printf("%ld\n", events);
}
