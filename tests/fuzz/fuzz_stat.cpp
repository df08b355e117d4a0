// SPDX-License-Identifier: MIT
// /proc/PID/stat on any bytes.
#include "input.hpp"
#include "require.hpp"
#include "sys/proc_parse.hpp"

using namespace oomguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    if (const auto snapshot = sys::parse_stat(text)) {
        require(snapshot->id.pid > 0 && snapshot->parent_pid >= 0);
        require(text.find("(" + snapshot->comm + ")") != std::string_view::npos);
    }
    return 0;
}
