// SPDX-License-Identifier: MIT
// Files that hold a number or a few, the kernel's and those of accounts, on any bytes.
#include "core/rule.hpp"
#include "input.hpp"
#include "require.hpp"
#include "sys/cgroup_memory.hpp"
#include "sys/machine_memory.hpp"
#include "sys/proc_parse.hpp"
#include "sys/system_accounts.hpp"

using namespace oomguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    const auto points = sys::parse_oom_score(text);
    const auto score = sys::parse_score(text);
    if (score) {
        require(*score >= kLowestScore && *score <= kHighestScore);
        require(text.front() == '-' || (points && *points == static_cast<std::uint32_t>(*score)));
    }
    if (const auto limit = sys::parse_limit(text))
        require((*limit == sys::kNoLimit) == (text == "max\n"));
    if (sys::parse_oom_kills(text) > 0)
        require(text.find("oom_kill ") != std::string_view::npos);
    if (const auto memory = sys::parse_meminfo(text))
        require(memory->total % 1024 == 0 && memory->swap_free % 1024 == 0);
    if (sys::parse_uid_min(text))
        require(text.find("UID_MIN") != std::string_view::npos);
    for (const auto& range : sys::parse_subordinate(text))
        require(range.count > 0);
    return 0;
}
