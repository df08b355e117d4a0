// SPDX-License-Identifier: MIT
// The netlink messages of the process connector on any bytes.
#include <cstddef>
#include <cstdint>
#include <span>

#include "require.hpp"
#include "sys/proc_event.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kSmallestMessage = 52;  // the headers of netlink, connector and event
    std::size_t events = 0;
    const bool well_formed = oomguard::sys::parse_proc_events(
        std::as_bytes(std::span(data, size)), [&](const oomguard::sys::ProcEvent&) { ++events; });
    oomguard::require(events <= size / kSmallestMessage);
    oomguard::require(events > 0 || size == 0 || !well_formed);
    return 0;
}
