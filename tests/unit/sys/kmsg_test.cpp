// SPDX-License-Identifier: MIT
#include "sys/kmsg.hpp"

#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "core/kernel_log.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using namespace oomguard::test;
using Kind = Kmsg::Reading::Kind;

namespace {

std::optional<Kmsg> open_log() {
    auto kmsg = Kmsg::open();
    if (kmsg)
        return *std::move(kmsg);
    WARN("skipped: " + kmsg.error().message());
    return std::nullopt;
}

/// The first record that was not overwritten while it was read.
std::string first_record(Kmsg& kmsg) {
    for (;;) {
        const auto reading = kmsg.read();
        if (!reading || reading->kind == Kind::None)
            return {};
        if (reading->kind == Kind::Record)
            return std::string(reading->record);
    }
}

bool is_readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
}

/// In a child of its own: with this as standard input `body`'s value, 124 if that cannot be.
template <typename Body>
int with_standard_input(const char* path, Body body) {
    return run_in_child([&] {
        const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || ::dup2(fd, STDIN_FILENO) != STDIN_FILENO || ::close(fd) != 0)
            return 124;
        return body() ? 1 : 0;
    });
}

}  // namespace

TEST_CASE("The kernel's log is read from its oldest record to the latest, and then there is none") {
    auto kmsg = open_log();
    if (!kmsg)
        return;
    CHECK(is_readable(kmsg->fd()));
    std::optional<std::uint64_t> last;
    std::size_t records = 0;
    for (;;) {
        const auto reading = kmsg->read();
        REQUIRE(reading);
        if (reading->kind == Kind::None)
            break;
        if (reading->kind == Kind::Lost)
            continue;
        ++records;
        const auto record = parse_kernel_record(reading->record);
        if (!record)
            continue;
        CHECK((!last || record->sequence > *last));
        last = record->sequence;
    }
    CHECK(records > 0);
    CHECK(last);
}

TEST_CASE("Each reader of the kernel's log has a place of its own, also once it is moved") {
    auto first = open_log();
    auto second = open_log();
    auto third = open_log();
    if (!first || !second || !third)
        return;
    const std::string oldest = first_record(*first);
    CHECK_FALSE(oldest.empty());
    Kmsg moved = *std::move(first);
    CHECK(first_record(moved) != oldest);
    const std::string seconds = first_record(*second);
    // Unless it was overwritten meanwhile.
    if (first_record(*third) == oldest)
        CHECK(seconds == oldest);
}

TEST_CASE("The descriptor of the kernel's log is not handed to programs that are executed") {
    const auto kmsg = open_log();
    if (!kmsg)
        return;
    CHECK((::fcntl(kmsg->fd(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(kmsg->fd(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("Standard input that is another file is left alone") {
    if (!open_log())
        return;
    CHECK(with_standard_input("/proc/self/stat", [] {
              const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
              if (::lseek(STDIN_FILENO, 3, SEEK_SET) != 3)
                  return false;
              auto kmsg = Kmsg::open();
              const bool reads = kmsg && !first_record(*kmsg).empty();
              return reads && kmsg->fd() != STDIN_FILENO &&
                     ::lseek(STDIN_FILENO, 0, SEEK_CUR) == 3 &&
                     ::fcntl(STDIN_FILENO, F_GETFL) == flags;
          }) == 1);
}

TEST_CASE(
    "Standard input that is the kernel's log is read from its oldest record, and stays open") {
    if (!open_log())
        return;
    CHECK(with_standard_input("/dev/kmsg", [] {
              // As someone who had read it to its end before has left it.
              if (::lseek(STDIN_FILENO, 0, SEEK_END) != 0)
                  return false;
              {
                  auto kmsg = Kmsg::open();
                  if (!kmsg || kmsg->fd() <= STDERR_FILENO || first_record(*kmsg).empty())
                      return false;
              }
              return ::fcntl(STDIN_FILENO, F_GETFD) != -1;
          }) == 1);
}
