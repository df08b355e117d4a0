// SPDX-License-Identifier: MIT
#include "core/text.hpp"

#include <algorithm>
#include <cstdint>

namespace oomguard {
namespace {

/// The length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80)
        return 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length)
        return 0;
    // The second byte's range excludes overlong forms, surrogates and values past U+10FFFF.
    const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high)
        return 0;
    for (std::size_t index = 2; index < length; ++index) {
        if (byte(index) < 0x80 || byte(index) > 0xbf)
            return 0;
    }
    return length;
}

/// Whether a valid sequence, though no ASCII control character, can change how the text around it
/// is shown: U+0080 to U+009F, line and paragraph separators, and the controls of direction.
bool is_disturbing(std::string_view sequence) {
    if (sequence.size() == 2)
        return sequence[0] == '\xc2' && sequence[1] < '\xa0';
    const bool is_separator_or_embedding =
        sequence.starts_with("\xe2\x80") && sequence[2] >= '\xa8' && sequence[2] <= '\xae';
    const bool is_isolate =
        sequence.starts_with("\xe2\x81") && sequence[2] >= '\xa6' && sequence[2] <= '\xa9';
    return is_separator_or_embedding || is_isolate;
}

void append_hex(std::string& out, char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto value = static_cast<std::uint8_t>(byte);
    out += "\\x";
    out += kDigits[value >> 4U];
    out += kDigits[value & 0xfU];
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        const char first = text.front();
        if (first == '\n') {
            out += "\\n";
        } else if (first == '\t') {
            out += "\\t";
        } else if (first == '\\') {
            out += "\\\\";
        } else if (length == 0 || (length == 1 && (first < ' ' || first == '\x7f'))) {
            append_hex(out, first);
        } else if (is_disturbing(text.substr(0, length))) {
            for (const char byte : text.substr(0, length))
                append_hex(out, byte);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    for (std::size_t offset = 0; offset < text.size();) {
        const std::size_t length = utf8_sequence_length(text.substr(offset));
        if (length == 0)
            return offset;
        offset += length;
    }
    return std::nullopt;
}

std::string in_lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char byte) { return in_lower_case(byte); });
    return out;
}

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
    std::string out = std::to_string(count) + " ";
    if (count == 1 || plural.empty())
        out += singular;
    if (count != 1)
        out += plural.empty() ? "s" : plural;
    return out;
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::string_view kPrefixes = "KMGTPE";
    constexpr std::uint64_t kStep = 1024;
    if (bytes < kStep)
        return std::to_string(bytes) + "B";
    std::size_t prefix = 0;
    while (prefix + 1 < kPrefixes.size() && bytes >= kStep * kStep) {
        bytes /= kStep;
        ++prefix;
    }
    const std::uint64_t tenths = bytes % kStep * 10 / kStep;
    const std::string fraction = tenths == 0 ? "" : "." + std::to_string(tenths);
    return std::to_string(bytes / kStep) + fraction + kPrefixes[prefix];
}

std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates) {
    constexpr std::size_t kMostEdits = 2;
    constexpr std::size_t kLongestWord = 64;
    if (word.size() > kLongestWord)
        return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = kMostEdits + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance && distance * 2 < candidate.size()) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace oomguard
