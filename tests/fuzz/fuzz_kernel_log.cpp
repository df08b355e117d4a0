// SPDX-License-Identifier: MIT
// The kernel's log on any bytes: each line is a record of it.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/kernel_kills.hpp"
#include "core/kernel_log.hpp"
#include "input.hpp"
#include "require.hpp"

using namespace oomguard;

namespace {

void try_message(std::string_view text) {
    const auto message = parse_oom_message(text);
    if (!message)
        return;
    require(text.find(message->name) != std::string_view::npos);
    require(text.find(message->cgroup) != std::string_view::npos);
    require(text.find(message->victim) != std::string_view::npos);
    const auto cgroup = cgroup_of(message->victim, message->name);
    require(message->victim.starts_with(cgroup));
    if (message->kind == OomMessage::Kind::Killed)
        require(text.find("Killed process ") != std::string_view::npos);
    if (message->kind == OomMessage::Kind::Swap)
        require(message->swap_free || message->swap_total);
}

/// What is found is what was told of.
void check(const std::vector<KernelKill>& found, std::size_t told) {
    require(found.size() == told);
    for (const KernelKill& kill : found) {
        require(kill.situation.find('\n') == std::string::npos);
        require(kill.batch == kill.sequence || !kill.group.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = text_of(data, size);
    KernelKills kills(4096);
    std::size_t told = 0;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        // An empty line is a pause, in which what was found is taken.
        if (line.empty()) {
            check(kills.take(), told);
            told = 0;
        }
        const auto record = parse_kernel_record(line);
        if (!record)
            continue;
        require(record->text.size() <= line.size());
        try_message(record->text);
        if (kills.read(*record))
            ++told;
    }
    require(kills.has_any() == (told > 0));
    check(kills.take(), told);
    return 0;
}
