// SPDX-License-Identifier: MIT
#include "core/ledger.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "core/rule.hpp"

namespace oomguard {
namespace {

constexpr std::string_view kFormat = "oom-guardd-ledger 1 ";
constexpr std::string_view kFloor = "floor";

std::string id_text(ProcessId id) {
    return std::to_string(id.pid) + " " + std::to_string(id.start_time);
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t space = line.find(' ');
        words.push_back(line.substr(0, space));
        if (space == std::string_view::npos)
            return words;
        line.remove_prefix(space + 1);
    }
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text, Number low, Number high) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < low || number > high)
        return std::nullopt;
    return number;
}

/// Applies one line; false if it is not one.
bool apply_line(std::string_view line, Ledger& ledger) {
    const auto words = words_of(line);
    const bool is_floor = words.size() == 6 && words[5] == kFloor;
    const bool is_hold = (words.size() == 5 || is_floor) && words[0] == "hold";
    const bool is_drop = words.size() == 3 && words[0] == "drop";
    if (!is_hold && !is_drop)
        return false;

    constexpr auto kHighestPid = std::numeric_limits<Pid>::max();
    constexpr auto kLatestStart = std::numeric_limits<std::uint64_t>::max();
    const auto pid = parse_number<Pid>(words[1], 2, kHighestPid);
    const auto start = parse_number<std::uint64_t>(words[2], 0, kLatestStart);
    if (!pid || !start)
        return false;
    if (is_drop) {
        const auto found = ledger.entries.find(*pid);
        if (found != ledger.entries.end() && found->second.start_time == *start)
            ledger.entries.erase(found);
        return true;
    }
    const auto original = parse_number<int>(words[3], kLowestScore, kHighestScore);
    const auto value = parse_number<int>(words[4], kLowestScore, kHighestScore);
    if (!original || !value)
        return false;
    ledger.hold({*pid, *start}, {*original, *value, is_floor});
    return true;
}

}  // namespace

void Ledger::hold(ProcessId id, Written written) {
    const auto [at, is_new] = entries.try_emplace(id.pid, Entry{id.start_time, written});
    if (is_new)
        return;
    Entry& entry = at->second;
    const bool is_same = entry.start_time == id.start_time;
    auto before = is_same ? entry.before : std::nullopt;
    if (is_same && entry.written.value != written.value)
        before = entry.written.value;
    entry = {id.start_time, written, before};
}

std::string ledger_header(std::string_view boot_id) {
    return std::string(kFormat) + std::string(boot_id) + "\n";
}

std::string ledger_hold_line(ProcessId id, Written written) {
    return "hold " + id_text(id) + " " + std::to_string(written.original) + " " +
           std::to_string(written.value) +
           (written.floor_lowered ? " " + std::string(kFloor) : "") + "\n";
}

std::string ledger_hold_lines(Pid pid, const Ledger::Entry& entry) {
    const ProcessId id{pid, entry.start_time};
    const std::string line = ledger_hold_line(id, entry.written);
    Written before = entry.written;
    before.value = entry.before.value_or(before.value);
    return entry.before ? ledger_hold_line(id, before) + line : line;
}

std::string ledger_drop_line(ProcessId id) {
    return "drop " + id_text(id) + "\n";
}

bool is_ledger(std::string_view text) {
    return text.starts_with(kFormat);
}

Ledger parse_ledger(std::string_view text, std::string_view boot_id) {
    Ledger ledger;
    const std::string header = ledger_header(boot_id);
    if (!text.starts_with(header))
        return ledger;
    text.remove_prefix(header.size());
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        if (!apply_line(text.substr(0, end), ledger))
            ++ledger.bad_lines;
        text.remove_prefix(end + 1);
    }
    return ledger;
}

}  // namespace oomguard
