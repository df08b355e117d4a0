// SPDX-License-Identifier: MIT
// The parsers of /proc texts on any bytes; the first byte chooses the parser.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/rule.hpp"
#include "require.hpp"
#include "sys/cgroup_memory.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/proc_parse.hpp"

using namespace oomguard;
using namespace oomguard::sys;

namespace {

void try_stat(std::string_view text) {
    if (const auto snapshot = parse_stat(text)) {
        require(snapshot->id.pid > 0 && snapshot->parent_pid >= 0);
        require(text.find(snapshot->comm) != std::string_view::npos);
    }
}

void try_status(std::string_view text) {
    if (const auto credentials = parse_status(text))
        require(!credentials->groups.empty());
}

void try_status_memory(std::string_view text) {
    constexpr std::uint64_t kMost = std::uint64_t{3} << 58;
    if (const auto memory = parse_status_memory(text))
        require(memory->bytes.value_or(0) <= kMost && memory->bytes.value_or(0) % 1024 == 0);
}

void try_cgroup(std::string_view text) {
    if (const auto path = parse_cgroup(text))
        require(path->starts_with('/') && path->find('\n') == std::string::npos);
}

void try_score(std::string_view text) {
    (void)parse_oom_score(text);
    if (const auto score = parse_score(text))
        require(*score >= kLowestScore && *score <= kHighestScore);
}

void try_limit(std::string_view text) {
    if (const auto limit = parse_limit(text))
        require((*limit == kNoLimit) == (text == "max\n"));
}

void try_mountinfo(std::string_view text) {
    if (const auto mount = parse_cgroup_mount(text))
        require(mount->starts_with('/'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 7) {
        case 0:
            try_stat(text);
            break;
        case 1:
            try_status(text);
            break;
        case 2:
            try_cgroup(text);
            break;
        case 3:
            try_score(text);
            break;
        case 4:
            try_status_memory(text);
            break;
        case 5:
            try_limit(text);
            break;
        default:
            try_mountinfo(text);
    }
    return 0;
}
