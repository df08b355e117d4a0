// SPDX-License-Identifier: MIT
#include "sys/system_accounts.hpp"

#include <algorithm>
#include <charconv>

#include "sys/file.hpp"

namespace oomguard::sys {
namespace {

constexpr std::size_t kLargestFile = std::size_t{4} << 20;
constexpr std::string_view kBlank = " \t\r";

std::optional<Uid> number_of(std::string_view text) {
    Uid number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

/// Calls `use` with each line.
template <typename Use>
void for_each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        use(line);
    }
}

/// What comes before the first of `separators`, which is taken off `rest` together with it.
std::string_view take(std::string_view& rest, std::string_view separators) {
    const std::string_view part = rest.substr(0, rest.find_first_of(separators));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlank)));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

}  // namespace

std::optional<Uid> parse_uid_min(std::string_view text) {
    std::optional<Uid> limit;
    for_each_line(text, [&](std::string_view line) {
        std::string_view rest = trimmed(line);
        if (take(rest, kBlank) == "UID_MIN")
            limit = number_of(trimmed(rest));
    });
    return limit;
}

std::vector<SystemAccounts::Range> parse_subordinate(std::string_view text) {
    std::vector<SystemAccounts::Range> ranges;
    for_each_line(text, [&](std::string_view line) {
        std::string_view rest = trimmed(line);
        const std::string_view owner = take(rest, ":");
        const auto first = number_of(take(rest, ":"));
        const auto count = number_of(rest);
        if (!owner.empty() && !owner.starts_with('#') && first && count && *count > 0)
            ranges.push_back({*first, *count});
    });
    return ranges;
}

SystemAccounts read_system_accounts(const std::string& login_defs, const std::string& subuid) {
    SystemAccounts accounts;
    if (const auto text = read_regular_file(login_defs, kLargestFile))
        accounts.limit = parse_uid_min(*text).value_or(SystemAccounts::kDefaultLimit);
    if (const auto text = read_regular_file(subuid, kLargestFile)) {
        accounts.subordinate = parse_subordinate(*text);
        // The usual ones lie above all system accounts anyway.
        std::erase_if(accounts.subordinate, [&](const SystemAccounts::Range& range) {
            return range.first >= accounts.limit;
        });
    }
    return accounts;
}

}  // namespace oomguard::sys
