// SPDX-License-Identifier: MIT
// /proc/PID/status on any bytes.
#include "input.hpp"
#include "require.hpp"
#include "sys/proc_parse.hpp"

using namespace oomguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    const auto credentials = sys::parse_status(text);
    if (credentials)
        require(!credentials->groups.empty());
    const auto memory = sys::parse_status_memory(text);
    if (memory) {
        constexpr std::uint64_t kMost = std::uint64_t{3} << 58;
        const std::uint64_t bytes = memory->bytes.value_or(0);
        require(bytes <= kMost && bytes % 1024 == 0);
    }
    if (credentials && memory)
        require(credentials->process == memory->process &&
                credentials->real_uid == memory->real_uid);
    return 0;
}
