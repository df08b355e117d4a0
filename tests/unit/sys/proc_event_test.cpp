// SPDX-License-Identifier: MIT
#include "sys/proc_event.hpp"

#include <cstring>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>

#include "support/catch.hpp"

using namespace oomguard;
using namespace oomguard::sys;

namespace {

using Bytes = std::vector<std::byte>;

template <typename T>
void append(Bytes& bytes, const T& value) {
    const auto* start = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), start, start + sizeof(T));
}

constexpr std::uint32_t kRequest = 4242;

struct Head {
    std::uint16_t type = NLMSG_DONE;
    std::uint32_t index = CN_IDX_PROC;
    std::uint32_t value = CN_VAL_PROC;
};

/// A message as the kernel makes it: netlink header, connector header (the event's size in its
/// len), then `what`, the cpu 3, a time and up to six numbers of data.
Bytes message(std::uint32_t what, const std::vector<std::int32_t>& data, std::uint32_t sequence = 9,
              Head head = {}) {
    Bytes event;
    append(event, what);
    append(event, std::uint32_t{3});
    append(event, std::uint64_t{123456789});
    for (const std::int32_t number : data)
        append(event, number);

    Bytes bytes;
    const auto size = static_cast<std::uint32_t>(event.size());
    append(bytes,
           nlmsghdr{static_cast<std::uint32_t>(sizeof(nlmsghdr) + 20) + size, head.type, 0, 0, 0});
    for (const std::uint32_t number : {head.index, head.value, sequence, kRequest + 1})
        append(bytes, number);
    append(bytes, static_cast<std::uint16_t>(size));
    append(bytes, std::uint16_t{0});
    bytes.insert(bytes.end(), event.begin(), event.end());
    return bytes;
}

struct Parsed {
    bool well_formed = false;
    std::vector<ProcEvent> events;
};

Parsed parse(const Bytes& bytes) {
    Parsed parsed;
    parsed.well_formed =
        parse_proc_events(bytes, [&](const ProcEvent& event) { parsed.events.push_back(event); });
    return parsed;
}

const Bytes kExec = message(2, {50, 50, 0, 0, 0, 0});

}  // namespace

TEST_CASE("Each message of the kernel is an event of its kind") {
    using Kind = ProcEvent::Kind;
    struct Case {
        std::uint32_t what;
        std::vector<std::int32_t> data;
        Kind kind;
        Pid pid;
        Pid parent;
        int error;
    };
    const auto c = GENERATE(values<Case>({
        {0, {0, 0, 0, 0, 0, 0}, Kind::Ack, 0, 0, 0},
        {0, {1, 0, 0, 0, 0, 0}, Kind::Ack, 0, 0, 1},
        {1, {10, 10, 50, 50, 0, 0}, Kind::Fork, 50, 10, 0},
        {1, {12, 10, 50, 50, 0, 0}, Kind::Fork, 50, 10, 0},   // forked by a thread
        {1, {10, 10, 51, 10, 0, 0}, Kind::Other, 10, 10, 0},  // a thread started
        {2, {50, 50, 0, 0, 0, 0}, Kind::Exec, 50, 0, 0},
        {2, {51, 50, 0, 0, 0, 0}, Kind::Exec, 50, 0, 0},
        {4, {50, 50, 1000, 1000, 0, 0}, Kind::Uid, 50, 0, 0},
        {4, {51, 50, 1000, 1000, 0, 0}, Kind::Other, 50, 0, 0},
        {0x40, {50, 50, 100, 100, 0, 0}, Kind::Uid, 50, 0, 0},
        {0x80, {50, 50, 0, 0, 0, 0}, Kind::Other, 0, 0, 0},   // a session
        {0x100, {50, 50, 1, 1, 0, 0}, Kind::Other, 0, 0, 0},  // ptrace
        {0x200, {50, 50, 0x41414141, 0, 0, 0}, Kind::Comm, 50, 0, 0},
        {0x200, {51, 50, 0x41414141, 0, 0, 0}, Kind::Other, 50, 0, 0},
        {0x20000000, {50, 50, 1, 1, 0, 0}, Kind::Other, 0, 0, 0},  // a non-zero exit
        {0x40000000, {50, 50, 1, 1, 0, 0}, Kind::Other, 0, 0, 0},  // a core dump
        {0x80000000, {50, 50, 0, 17, 10, 10}, Kind::Exit, 50, 0, 0},
        {0x80000000, {51, 50, 0, 17, 10, 10}, Kind::Other, 50, 0, 0},
        {0xffffffff, {50, 50, 1, 1, 0, 0}, Kind::Other, 0, 0, 0},
        {3, {50, 50, 1, 1, 0, 0}, Kind::Other, 0, 0, 0},
    }));
    CAPTURE(c.what, c.data);
    const Parsed parsed = parse(message(c.what, c.data));
    CHECK(parsed.well_formed);
    REQUIRE(parsed.events.size() == 1);
    const ProcEvent& event = parsed.events.front();
    CHECK(event.kind == c.kind);
    CHECK(event.pid == c.pid);
    CHECK(event.parent_pid == c.parent);
    CHECK(event.error == c.error);
    CHECK(event.request == (c.kind == Kind::Ack ? kRequest : 0));
    CHECK(event.cpu == 3);
    CHECK(event.sequence == 9);
}

TEST_CASE("The end of a process tells the signal that it ended by, without the flag of its core") {
    for (const auto& [code, signal] :
         {std::pair{0, 0}, std::pair{9, 9}, std::pair{15, 15}, std::pair{0x8f, 15},
          std::pair{0x8b, 11}, std::pair{1 << 8, 0}, std::pair{9 << 8, 0}}) {
        CAPTURE(code);
        const Parsed parsed = parse(message(0x80000000, {50, 50, code, 17, 10, 10}));
        CHECK(parsed.well_formed);
        REQUIRE(parsed.events.size() == 1);
        CHECK(parsed.events.front().kind == ProcEvent::Kind::Exit);
        CHECK(parsed.events.front().signal == signal);
    }
    // Data of other events are no signal.
    CHECK(parse(message(2, {50, 50, 9})).events.at(0).signal == 0);
}

TEST_CASE("The layout is that of the kernel's header") {
    proc_event event{};
    event.cpu = 3;
    event.event_data.fork.parent_tgid = 10;
    event.event_data.fork.child_pid = 50;
    event.event_data.fork.child_tgid = 50;
    const std::uint32_t fork = 1;
    std::memcpy(&event, &fork, sizeof(fork));
    Bytes bytes = message(0, {});
    bytes.resize(sizeof(nlmsghdr) + sizeof(cn_msg));
    append(bytes, event);
    const auto length = static_cast<std::uint32_t>(bytes.size());
    const std::uint16_t size = sizeof(event);
    std::memcpy(bytes.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof(length));
    std::memcpy(bytes.data() + sizeof(nlmsghdr) + offsetof(cn_msg, len), &size, sizeof(size));

    const Parsed parsed = parse(bytes);
    CHECK(parsed.well_formed);
    REQUIRE(parsed.events.size() == 1);
    CHECK(parsed.events.front().kind == ProcEvent::Kind::Fork);
    CHECK(parsed.events.front().pid == 50);
    CHECK(parsed.events.front().parent_pid == 10);
}

TEST_CASE("All messages of a datagram are read, in order") {
    Bytes bytes;
    for (std::uint32_t sequence = 0; sequence < 5; ++sequence) {
        const Bytes one = message(2, {50, 50, 0, 0, 0, 0}, sequence);
        bytes.insert(bytes.end(), one.begin(), one.end());
    }
    const Parsed parsed = parse(bytes);
    CHECK(parsed.well_formed);
    REQUIRE(parsed.events.size() == 5);
    for (std::uint32_t sequence = 0; sequence < 5; ++sequence)
        CHECK(parsed.events[sequence].sequence == sequence);
}

TEST_CASE("An empty datagram has no events") {
    const Parsed parsed = parse({});
    CHECK(parsed.well_formed);
    CHECK(parsed.events.empty());
}

TEST_CASE("A datagram cut anywhere is malformed and gives no event") {
    for (std::size_t size = 1; size < kExec.size(); ++size) {
        CAPTURE(size);
        const Parsed parsed = parse(Bytes(kExec.begin(), kExec.begin() + static_cast<long>(size)));
        CHECK_FALSE(parsed.well_formed);
        CHECK(parsed.events.empty());
    }
}

TEST_CASE("Of an event only what its kind needs must be there") {
    CHECK(parse(message(0, {0})).events.size() == 1);
    CHECK(parse(message(1, {10, 10, 50, 50})).events.size() == 1);
    CHECK(parse(message(2, {50, 50})).events.size() == 1);
    CHECK(parse(message(0x100, {})).events.size() == 1);
    CHECK(parse(message(0x80000000, {50, 50, 9})).events.size() == 1);

    for (const Bytes& bytes : {message(0, {}), message(1, {10, 10, 50}), message(2, {50}),
                               message(0x80000000, {}), message(0x80000000, {50, 50})}) {
        const Parsed parsed = parse(bytes);
        CHECK_FALSE(parsed.well_formed);
        CHECK(parsed.events.empty());
    }
}

TEST_CASE("Garbage after an event does not undo it") {
    Bytes bytes = kExec;
    bytes.resize(bytes.size() + 7, std::byte{0xff});
    const Parsed parsed = parse(bytes);
    CHECK_FALSE(parsed.well_formed);
    CHECK(parsed.events.size() == 1);
}

TEST_CASE("Messages that are no events are passed over") {
    const auto strange = GENERATE(values<Bytes>({
        message(2, {50, 50}, 9, {NLMSG_ERROR}),
        message(2, {50, 50}, 9, {NLMSG_NOOP}),
        message(2, {50, 50}, 9, {NLMSG_DONE, CN_IDX_PROC + 1}),
        message(2, {50, 50}, 9, {NLMSG_DONE, CN_IDX_PROC, CN_VAL_PROC + 1}),
    }));
    Bytes bytes = strange;
    bytes.insert(bytes.end(), kExec.begin(), kExec.end());
    const Parsed parsed = parse(bytes);
    CHECK_FALSE(parsed.well_formed);
    REQUIRE(parsed.events.size() == 1);
    CHECK(parsed.events.front().kind == ProcEvent::Kind::Exec);
}

TEST_CASE("A length that lies is malformed") {
    const auto length = GENERATE(as<std::uint32_t>{}, 0, 1, 15, 16, 35, 1000,
                                 std::numeric_limits<std::uint32_t>::max(),
                                 std::numeric_limits<std::uint32_t>::max() - 2);
    Bytes bytes = kExec;
    std::memcpy(bytes.data(), &length, sizeof(length));
    CAPTURE(length);
    const Parsed parsed = parse(bytes);
    CHECK_FALSE(parsed.well_formed);
    CHECK(parsed.events.empty());
}
