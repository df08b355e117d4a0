// SPDX-License-Identifier: MIT
#include "config/yaml_text.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "core/text.hpp"

namespace oomguard::config {
namespace {

Mark mark_at(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const std::size_t line_start = before.rfind('\n') + 1;
    return {static_cast<unsigned>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<unsigned>(offset - line_start) + 1};
}

std::string hex(char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    return {'0', 'x', kDigits[value >> 4U], kDigits[value & 0xfU]};
}

}  // namespace

bool check_text(std::string_view text, Findings& findings) {
    if (const auto offset = find_invalid_utf8(text)) {
        findings.error(mark_at(text, *offset), "not UTF-8: byte " + hex(text[*offset]) +
                                                   " at offset " + std::to_string(*offset));
        return false;
    }
    if (const auto offset = find_control_character(text)) {
        findings.error(mark_at(text, *offset), "not a text: control character " +
                                                   hex(text[*offset]) + " at offset " +
                                                   std::to_string(*offset));
        return false;
    }
    return true;
}

std::optional<std::size_t> find_control_character(std::string_view text) {
    for (std::size_t offset = 0; offset < text.size(); ++offset) {
        const auto byte = static_cast<unsigned char>(text[offset]);
        const char next = offset + 1 < text.size() ? text[offset + 1] : '\0';
        const bool c0 =
            byte < 0x20 && byte != '\t' && byte != '\n' && !(byte == '\r' && next == '\n');
        const bool c1 = byte == 0xc2 && static_cast<unsigned char>(next) < 0xa0;
        if (c0 || c1 || byte == 0x7f)
            return offset;
    }
    return std::nullopt;
}

bool is_quote_closed(std::string_view text, std::size_t offset) {
    const char quote = text[offset];
    // In single quotes, a doubled quote means itself and a backslash too.
    if (quote == '\'') {
        while (true) {
            offset = text.find('\'', offset + 1);
            if (offset == std::string_view::npos)
                return false;
            if (offset + 1 == text.size() || text[offset + 1] != '\'')
                return true;
            ++offset;
        }
    }
    for (++offset; offset < text.size(); ++offset) {
        if (text[offset] == '\\')
            ++offset;
        else if (text[offset] == quote)
            return true;
    }
    return false;
}

unsigned line_of_dash(std::string_view text, std::size_t offset, unsigned line,
                      std::size_t column) {
    std::size_t end = std::min(offset, text.size());
    while (true) {
        const std::size_t start = text.substr(0, end).rfind('\n') + 1;
        const std::string_view here = text.substr(start, end - start);
        if (here.size() > column && here[column] == '-' && here.find_first_not_of(" \t-") >= column)
            return line;
        if (start == 0)
            return line;
        end = start - 1;
        --line;
    }
}

char char_at(std::string_view text, int offset) {
    const auto index = static_cast<std::size_t>(offset);
    return offset >= 0 && index < text.size() ? text[index] : '\0';
}

bool is_indented_by_tab(std::string_view text, int offset, int column) {
    if (offset < 0 || column < 0 || offset < column)
        return false;
    const auto start = std::min(static_cast<std::size_t>(offset - column), text.size());
    const std::string_view line = text.substr(start, text.find('\n', start) - start);
    return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

std::string must_be_quoted(char first) {
    std::string out = "a text that begins with '";
    out += first;
    out += "' must be quoted";
    if (first == '*')
        return out + " (YAML aliases are not supported)";
    if (first == '&')
        return out + " (YAML anchors are not supported)";
    if (first == '!')
        return out + " (YAML tags are not supported)";
    return out;
}

void report_duplicate_keys(std::span<const YamlEntry> entries, Findings& findings) {
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return entries[a].key < entries[b].key; });
    for (std::size_t first = 0, next = 1; next < order.size(); ++next) {
        const YamlEntry& entry = entries[order[next]];
        const YamlEntry& earlier = entries[order[first]];
        if (entry.key != earlier.key)
            first = next;
        else
            findings.error(entry.mark, "duplicate key '" + shown(entry.key) +
                                           "', first given in line " +
                                           std::to_string(earlier.mark.line));
    }
}

}  // namespace oomguard::config
