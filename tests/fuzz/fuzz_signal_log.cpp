// SPDX-License-Identifier: MIT
// The journal of other killers on any bytes: each line is a unit, a space and its message. Its
// length is when it comes.
#include "core/scan.hpp"
#include "core/signal_log.hpp"
#include "input.hpp"
#include "require.hpp"

using namespace oomguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    std::string_view rest = text;
    SignalLog log;
    std::uint64_t usec = 0;
    while (!rest.empty()) {
        std::string_view message = take_line(rest);
        const auto unit = take_until(message, " ");
        if (!unit)
            continue;
        usec += message.size() * 1000;
        if (const auto sent = log.read(*unit, message, usec)) {
            require(sent->pid > 0 && text.find(sent->name) != std::string_view::npos);
            require((sent->killer == Killer::Earlyoom) == unit->starts_with("earlyoom"));
        }
    }
    return 0;
}
