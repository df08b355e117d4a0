// SPDX-License-Identifier: MIT
#include "config/criteria.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "config/yaml_text.hpp"
#include "core/text.hpp"

namespace oomguard::config {
namespace {

/// What a pattern needs beyond being one, so that it can match at all. Gives what to say if it
/// cannot, to follow the pattern's subject.
using Check = std::string (*)(const Pattern& pattern, std::string_view key);

std::string did_you_mean(const std::string& text) {
    return " (did you mean \"" + shown(text) + "\"?)";
}

std::string check_program(const Pattern& pattern, std::string_view key) {
    if (pattern.text().find('/') == std::string::npos)
        return {};
    return " must be a program's name, which has no \"/\", got \"" + shown(pattern.text()) + "\"" +
           (key == "name" ? " (use exe for a path)" : "");
}

std::string check_path(const Pattern& pattern, std::string_view key) {
    const std::string& text = pattern.text();
    if (text.starts_with('/') || text.starts_with("**"))
        return {};
    const std::string problem = " must begin with \"/\" or \"**\", got \"" + shown(text) + "\"";
    if (text.starts_with('*'))
        return problem + did_you_mean("*" + text);
    const bool is_base_name = key == "exe" && text.find('/') == std::string::npos;
    return problem + did_you_mean((is_base_name ? "**/" : "/") + text);
}

std::string check_unit(const Pattern& pattern, std::string_view /*key*/) {
    constexpr std::array<std::string_view, 5> kSuffixes = {".service", ".scope", ".socket",
                                                           ".mount", ".swap"};
    const std::string& text = pattern.text();
    const bool has_suffix =
        std::any_of(kSuffixes.begin(), kSuffixes.end(),
                    [&](std::string_view suffix) { return text.ends_with(suffix); });
    if (!pattern.is_exact() || has_suffix)
        return {};
    return " must end with .service, .scope, .socket, .mount or .swap, got \"" + shown(text) +
           "\"" + (text.find('.') == std::string::npos ? did_you_mean(text + ".service") : "");
}

std::string no_check(const Pattern& /*pattern*/, std::string_view /*key*/) {
    return {};
}

/// A word boundary in double quotes is a backspace, and would never match. The file itself has no
/// control characters, so one in a pattern comes from an escape of YAML.
bool check_escapes(const YamlNode& node, const std::string& subject, Findings& findings) {
    if (!find_control_character(node.text))
        return true;
    findings.error(node.mark, subject + " holds a control character, got \"" + shown(node.text) +
                                  "\" (in double quotes YAML takes backslashes for itself: use "
                                  "single quotes)");
    return false;
}

struct PatternKey {
    std::string_view key;
    Patterns Criteria::*member;
    Pattern::Kind kind;
    Check check;
};

constexpr std::array kPatternKeys = {
    PatternKey{"name", &Criteria::name, Pattern::Kind::Text, check_program},
    PatternKey{"cmdline", &Criteria::cmdline, Pattern::Kind::Text, no_check},
    PatternKey{"exe", &Criteria::exe, Pattern::Kind::Path, check_path},
    PatternKey{"cgroup", &Criteria::cgroup, Pattern::Kind::Path, check_path},
    PatternKey{"unit", &Criteria::unit, Pattern::Kind::Text, check_unit},
    PatternKey{"parent", &Criteria::parent, Pattern::Kind::Text, check_program},
    PatternKey{"ancestor", &Criteria::ancestor, Pattern::Kind::Text, check_program},
};

constexpr std::string_view kUser = "user";
constexpr std::array<std::string_view, 8> kKeys = {"name",   "cmdline", "exe",    "user",
                                                   "cgroup", "unit",    "parent", "ancestor"};

/// Calls `read` for the value, or for each entry of a list of them. An empty list is reported:
/// "any of nothing" is never what is meant.
template <typename Read>
void for_each_entry(const YamlNode& value, std::string_view key, std::string_view expected,
                    const MapReader& reader, Read read) {
    if (value.kind != YamlNode::Kind::Sequence) {
        read(value);
        return;
    }
    if (value.items().empty())
        reader.reject(value, key, std::string(expected) + " or a list of at least one");
    for (const YamlNode& item : value.items())
        read(item);
}

std::optional<Pattern> read_regex(const YamlNode& node, std::string_view key,
                                  const MapReader& reader) {
    constexpr std::array<std::string_view, 1> kRegexKeys = {"regex"};
    MapReader map(node, reader.subject(key), reader.findings());
    map.allow_keys(kRegexKeys);
    const YamlNode* const value = map.find("regex");
    if (value == nullptr) {
        // In a map that is not empty, its keys were reported as unknown.
        if (node.entries().empty())
            reader.reject(node, key, "a pattern or {regex: EXPRESSION}");
        return std::nullopt;
    }
    if (value->kind != YamlNode::Kind::Scalar || value->text.empty()) {
        map.reject(*value, "regex", "an expression");
        return std::nullopt;
    }
    if (!check_escapes(*value, map.subject("regex"), map.findings()))
        return std::nullopt;
    Result<Pattern> pattern = Pattern::regex(value->text);
    if (pattern)
        return *std::move(pattern);
    map.findings().error(value->mark, map.subject("regex") + " is not an expression: " +
                                          shown(pattern.error().message()));
    return std::nullopt;
}

std::optional<Pattern> read_glob(const YamlNode& node, const PatternKey& key,
                                 std::string_view expected, const MapReader& reader) {
    if (node.kind != YamlNode::Kind::Scalar || node.text.empty()) {
        reader.reject(node, key.key, expected);
        return std::nullopt;
    }
    if (!check_escapes(node, reader.subject(key.key), reader.findings()))
        return std::nullopt;
    Result<Pattern> pattern = Pattern::glob(node.text, key.kind);
    std::string problem;
    if (!pattern)
        problem = " is not a pattern: " + shown(pattern.error().message());
    else
        problem = key.check(*pattern, key.key);
    if (problem.empty())
        return *std::move(pattern);
    reader.findings().error(node.mark, reader.subject(key.key) + problem);
    return std::nullopt;
}

std::vector<Pattern> read_patterns(const YamlNode& value, const PatternKey& key,
                                   const MapReader& reader) {
    std::vector<Pattern> patterns;
    const auto read = [&](const YamlNode& node) {
        auto pattern = node.kind == YamlNode::Kind::Map ? read_regex(node, key.key, reader)
                                                        : read_glob(node, key, "a pattern", reader);
        if (pattern)
            patterns.push_back(*std::move(pattern));
    };
    for_each_entry(value, key.key, "a pattern", reader, read);
    return patterns;
}

/// An account's number; the highest is what the kernel calls "no user".
std::optional<std::uint32_t> number_of(std::string_view text) {
    const ParsedInteger parsed = parse_integer(text);
    constexpr std::int64_t kNobody = std::numeric_limits<std::uint32_t>::max();
    if (!parsed.value || *parsed.value < 0 || *parsed.value >= kNobody)
        return std::nullopt;
    return static_cast<std::uint32_t>(*parsed.value);
}

/// Whether the text could be the name of an account; numbers, which it is not, are apart.
bool is_account_name(std::string_view text) {
    return !text.empty() && text.find_first_of("*?[]/:\t\n") == std::string_view::npos &&
           text.find_first_not_of("+-.0123456789") != std::string_view::npos;
}

std::optional<Principal> read_principal(const YamlNode& node, const MapReader& reader,
                                        const Accounts& accounts) {
    const bool is_group = node.text.starts_with('%');
    const std::string name(node.text.substr(is_group ? 1 : 0));
    const auto kind = is_group ? Principal::Kind::Group : Principal::Kind::User;
    if (node.kind == YamlNode::Kind::Scalar) {
        if (const auto number = number_of(name))
            return Principal{kind, *number};
    }
    if (node.kind != YamlNode::Kind::Scalar || !is_account_name(name)) {
        reader.reject(node, kUser, "a user's name or uid, or \"%\" and a group's name or gid");
        return std::nullopt;
    }
    const std::optional<std::uint32_t> id =
        is_group ? accounts.group_id(name) : accounts.user_id(name);
    if (id)
        return Principal{kind, *id};
    reader.findings().warning(
        node.mark, reader.subject(kUser) + " names the " + (is_group ? "group" : "user") + " '" +
                       shown(name) +
                       "', which does not exist: this entry matches nobody until the account is "
                       "created and the rules are loaded again");
    return std::nullopt;
}

std::vector<Principal> read_principals(const YamlNode& value, const MapReader& reader,
                                       const Accounts& accounts) {
    std::vector<Principal> principals;
    for_each_entry(value, kUser, "a user", reader, [&](const YamlNode& node) {
        if (const auto principal = read_principal(node, reader, accounts))
            principals.push_back(*principal);
    });
    return principals;
}

}  // namespace

Criteria read_criteria(const YamlNode& map, const std::string& where, const Accounts& accounts,
                       Findings& findings) {
    MapReader reader(map, where, findings);
    reader.allow_keys(kKeys);
    Criteria criteria;
    for (const PatternKey& key : kPatternKeys) {
        if (const YamlNode* const value = reader.find(key.key))
            criteria.*key.member = read_patterns(*value, key, reader);
    }
    if (const YamlNode* const value = reader.find(kUser))
        criteria.user = read_principals(*value, reader, accounts);
    return criteria;
}

std::vector<Pattern> read_path_globs(const YamlNode& value, std::string_view key,
                                     const MapReader& reader) {
    const PatternKey path{key, nullptr, Pattern::Kind::Path, check_path};
    std::vector<Pattern> patterns;
    const auto read = [&](const YamlNode& node, std::string_view expected) {
        if (auto pattern = read_glob(node, path, expected, reader))
            patterns.push_back(*std::move(pattern));
    };
    if (value.kind != YamlNode::Kind::Sequence)
        read(value, "a path pattern or a list of them, [] for none");
    for (const YamlNode& item : value.items())
        read(item, "a path pattern");
    return patterns;
}

}  // namespace oomguard::config
