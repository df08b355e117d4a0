// SPDX-License-Identifier: MIT
#include "config/reader.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace oomguard::config {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kRemoveQuotes = "remove the quotes";

std::string join(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        out += out.empty() ? "" : ", ";
        out += word;
    }
    return out;
}

std::string_view why_no_integer(std::string_view digits) {
    if (digits.starts_with("0x") || digits.starts_with("0X"))
        return "hexadecimal is not supported";
    if (!digits.empty() && kDigits.find(digits.front()) != std::string_view::npos &&
        digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos)
        return "only whole numbers are supported";
    return {};
}

}  // namespace

std::string shown(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    std::size_t length = std::min(text.size(), kLongest);
    const auto is_continuation = [&](std::size_t index) {
        return (static_cast<unsigned char>(text[index]) & 0xc0U) == 0x80U;
    };
    while (length > 0 && length < text.size() && is_continuation(length))
        --length;
    // A pattern is full of backslashes and is recognised only if they are left as they are.
    std::string out;
    std::string_view rest = text.substr(0, length);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\\');
        out += printable(rest.substr(0, end));
        if (end == std::string_view::npos)
            break;
        out += '\\';
        rest.remove_prefix(end + 1);
    }
    return length < text.size() ? out + "..." : out;
}

std::string describe(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::Null:
            return "nothing";
        case YamlNode::Kind::Scalar:
            return std::string("\"").append(shown(node.text)).append("\"");
        case YamlNode::Kind::Sequence:
            return node.items().empty() ? "an empty list" : "a list";
        case YamlNode::Kind::Map:
            return node.entries().empty() ? "an empty map" : "a map";
        case YamlNode::Kind::Invalid:
            break;
    }
    return "something invalid";
}

ParsedInteger parse_integer(std::string_view text) {
    std::string_view digits = text;
    if (digits.starts_with('+') || digits.starts_with('-'))
        digits.remove_prefix(1);
    if (digits.empty() || digits.find_first_not_of(kDigits) != std::string_view::npos)
        return {std::nullopt, why_no_integer(digits)};
    if (digits.size() > 1 && digits.front() == '0')
        return {std::nullopt, "leading zeros are not supported"};
    if (text.starts_with('+'))
        text = digits;
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
        return {};
    return {value, {}};
}

std::string integer_range(std::int64_t low, std::int64_t high) {
    return "an integer from " + std::to_string(low) + " to " + std::to_string(high);
}

ParsedInteger integer_of(const YamlNode& node, std::int64_t low, std::int64_t high) {
    if (node.kind != YamlNode::Kind::Scalar)
        return {};
    const ParsedInteger parsed = parse_integer(node.text);
    if (!parsed.value || *parsed.value < low || *parsed.value > high)
        return {std::nullopt, parsed.why};
    if (node.quoted)
        return {std::nullopt, kRemoveQuotes};
    return parsed;
}

MapReader::MapReader(const YamlNode& map, std::string where, Findings& findings)
    : map_(map), where_(std::move(where)), findings_(findings) {}

std::string MapReader::subject(std::string_view key) const {
    return std::string(key) + (where_.empty() ? "" : " in " + where_);
}

void MapReader::allow_keys(std::span<const std::string_view> known) {
    for (const YamlEntry& entry : map_.entries()) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end())
            continue;
        std::string message =
            "unknown key '" + shown(entry.key) + "'" + (where_.empty() ? "" : " in " + where_);
        if (findings_.keeps_errors()) {
            const auto near = nearest(entry.key, std::vector(known.begin(), known.end()));
            message += near ? " (did you mean '" + std::string(*near) + "'?)"
                            : " (known keys: " + join(known) + ")";
            if (near)
                meant_.push_back(*near);
        }
        findings_.error(entry.mark, std::move(message));
    }
}

const YamlNode* MapReader::find(std::string_view key) const {
    const auto entries = map_.entries();
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const YamlEntry& e) { return e.key == key; });
    return entry == entries.end() ? nullptr : &entry->value;
}

const YamlNode* MapReader::require(std::string_view key) const {
    const YamlNode* const value = find(key);
    const bool is_meant = std::find(meant_.begin(), meant_.end(), key) != meant_.end();
    if (value == nullptr && !is_meant)
        findings_.error(map_.mark, subject(key) + " is missing");
    return value;
}

void MapReader::reject(const YamlNode& value, std::string_view key, std::string_view expected,
                       std::string_view why) const {
    if (value.kind == YamlNode::Kind::Invalid)
        return;
    std::string message = subject(key) + " must be ";
    message += expected;
    message += ", got " + describe(value);
    if (!why.empty())
        message += " (" + std::string(why) + ")";
    findings_.error(value.mark, std::move(message));
}

std::optional<std::int64_t> MapReader::integer(std::string_view key, std::int64_t low,
                                               std::int64_t high) const {
    const YamlNode* const node = find(key);
    if (node == nullptr)
        return std::nullopt;
    const ParsedInteger parsed = integer_of(*node, low, high);
    if (!parsed.value)
        reject(*node, key, integer_range(low, high), parsed.why);
    return parsed.value;
}

std::optional<bool> MapReader::boolean(std::string_view key) const {
    const YamlNode* const node = find(key);
    if (node == nullptr)
        return std::nullopt;
    if (node->kind == YamlNode::Kind::Scalar) {
        const bool is_boolean = node->text == "true" || node->text == "false";
        if (is_boolean && !node->quoted)
            return node->text == "true";
        reject(*node, key, "true or false", is_boolean ? kRemoveQuotes : "");
        return std::nullopt;
    }
    reject(*node, key, "true or false");
    return std::nullopt;
}

std::optional<std::string> MapReader::text(std::string_view key, std::string_view expected) const {
    const YamlNode* const node = find(key);
    if (node == nullptr)
        return std::nullopt;
    if (node->kind == YamlNode::Kind::Scalar)
        return std::string(node->text);
    reject(*node, key, expected);
    return std::nullopt;
}

}  // namespace oomguard::config
