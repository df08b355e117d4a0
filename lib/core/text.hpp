// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oomguard {

/// The text as one line of valid UTF-8: control characters, among them those of the direction of
/// writing, backslashes and bytes that are not UTF-8 become \n, \t, \\ or \xNN. Whatever a process
/// calls itself, the result can break neither a log line nor a D-Bus message.
[[nodiscard]] std::string printable(std::string_view text);

/// The offset of the first byte that is not part of a valid UTF-8 sequence (RFC 3629).
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// The byte, or the small letter of an ASCII capital.
[[nodiscard]] constexpr char in_lower_case(char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

/// The text with small letters for ASCII capitals.
[[nodiscard]] std::string in_lower_case(std::string_view text);

/// What follows the last slash; the whole text if there is none.
[[nodiscard]] std::string_view base_name(std::string_view path);

/// "1 rule", "2 rules"; a plural that is not made by an "s" is given.
[[nodiscard]] std::string counted(std::size_t count, std::string_view singular,
                                  std::string_view plural = {});

/// "0B", "512B", "1.5K", "23.4M", "1.2T": as systemd writes sizes.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// The candidate within an edit distance of 2 (and less than half of its length) that is nearest
/// to `word`, a swap of two neighbours counting as one edit; nothing if there is none.
[[nodiscard]] std::optional<std::string_view> nearest(
    std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace oomguard
