// SPDX-License-Identifier: MIT
// The ledger on any bytes. What was read must be the same after it was written anew, as the daemon
// does at each start.
#include <algorithm>
#include <string>

#include "core/ledger.hpp"
#include "core/rule.hpp"
#include "input.hpp"
#include "require.hpp"

using namespace oomguard;

namespace {

constexpr std::string_view kBoot = "0f3c2f5e-8f6a-4e4a-9b0e-2a1d0c9b8a77";

bool is_score(int value) {
    return value >= kLowestScore && value <= kHighestScore;
}

void check(const Ledger& ledger) {
    for (const auto& [pid, entry] : ledger.entries) {
        require(pid >= 2 && is_score(entry.written.original) && is_score(entry.written.value));
        require(!entry.before || (is_score(*entry.before) && entry.before != entry.written.value));
        require(!entry.written.descent || !entry.written.descent->rule.empty());
    }
    for (const auto& [pid, pin] : ledger.pins)
        require(pid >= 2 && is_score(pin.value));
    for (const auto& [id, mark] : ledger.marks) {
        require(id > 0 && id == mark.cgroup_id && mark.cgroup.starts_with('/'));
        require(mark.preference != OomdPreference::None);
    }
}

std::string written_anew(const Ledger& ledger) {
    std::string text = ledger_header(kBoot);
    for (const auto& [pid, entry] : ledger.entries)
        text += ledger_hold_lines(pid, entry);
    for (const auto& [pid, pin] : ledger.pins)
        text += ledger_pin_line(pid, pin);
    for (const auto& [id, mark] : ledger.marks)
        text += ledger_mark_line(mark);
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // With a header of whatever boot, or with none, the lines are those of this one.
    std::string_view lines = text_of(data, size);
    if (is_ledger(lines)) {
        require(parse_ledger(lines, "another").entries.empty() ||
                lines.starts_with(ledger_header("another")));
        (void)take_line(lines);
    }
    const Ledger ledger = parse_ledger(ledger_header(kBoot) + std::string(lines), kBoot);
    require(ledger.bad_lines <=
            static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')));
    check(ledger);
    const Ledger again = parse_ledger(written_anew(ledger), kBoot);
    require(again.bad_lines == 0 && again.entries == ledger.entries && again.pins == ledger.pins &&
            again.marks == ledger.marks);
    return 0;
}
