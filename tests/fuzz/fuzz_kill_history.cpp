// SPDX-License-Identifier: MIT
// The record of kills on any bytes: what a line is read as is what it is after it was written anew.
#include "core/rule.hpp"
#include "daemon/kill_history.hpp"
#include "input.hpp"
#include "require.hpp"

using namespace oomguard;
using oomguard::daemon::KillHistory;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = text_of(data, size);
    while (!rest.empty()) {
        const auto entry = KillHistory::parse_line(take_line(rest));
        if (!entry)
            continue;
        require(entry->kill.id.pid >= 0);
        if (const auto score = entry->kill.score)
            require(*score >= kLowestScore && *score <= kHighestScore);
        std::string line = KillHistory::line_of(*entry);
        require(line.find('\n') == line.size() - 1);
        line.pop_back();
        require(KillHistory::parse_line(line) == entry);
    }
    return 0;
}
