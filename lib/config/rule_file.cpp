// SPDX-License-Identifier: MIT
#include "config/rule_file.hpp"

#include <array>
#include <memory>
#include <memory_resource>
#include <span>
#include <unordered_map>
#include <utility>

#include "config/criteria.hpp"
#include "config/findings.hpp"
#include "config/reader.hpp"
#include "config/yaml_tree.hpp"
#include "core/text.hpp"

namespace oomguard::config {
namespace {

constexpr std::array<std::string_view, 1> kFileKeys = {"rules"};
constexpr std::array<std::string_view, 10> kRuleKeys = {
    "name",     "description",  "match", "except",  "oom_score_adj",
    "children", "systemd_oomd", "trust", "enabled", "broad"};

bool is_rule_name(std::string_view text) {
    constexpr std::size_t kLongest = 128;
    return !text.empty() && text.size() <= kLongest && printable(text) == text &&
           !text.starts_with(kHoldPrefix);
}

/// "rule 'browser'" for messages; "this rule" if it has no name to call it by.
std::string name_of(const YamlNode& rule) {
    for (const YamlEntry& entry : rule.entries()) {
        if (entry.key == "name" && is_rule_name(entry.value.text))
            return "rule '" + std::string(entry.value.text) + "'";
    }
    return "this rule";
}

std::optional<Value> read_bound(const YamlNode& node, const MapReader& rule) {
    constexpr std::array<std::string_view, 2> kBoundKeys = {"at_most", "at_least"};
    MapReader bound(node, "oom_score_adj of " + rule.where(), rule.findings());
    bound.allow_keys(kBoundKeys);
    const bool at_most = bound.find("at_most") != nullptr;
    const bool at_least = bound.find("at_least") != nullptr;
    if (at_most == at_least) {
        // Neither of them in a map that is not empty: its keys were reported as unknown.
        if (at_most || node.entries().empty())
            rule.reject(node, "oom_score_adj", "a map with either at_most or at_least",
                        at_most ? "it has both" : "");
        return std::nullopt;
    }
    const auto limit = bound.integer(at_most ? "at_most" : "at_least", kLowestScore, kHighestScore);
    if (!limit)
        return std::nullopt;
    return Value{at_most ? Value::Kind::AtMost : Value::Kind::AtLeast, static_cast<int>(*limit)};
}

std::optional<Value> read_value(const MapReader& rule) {
    const YamlNode* const node = rule.require("oom_score_adj");
    if (node == nullptr)
        return std::nullopt;
    if (node->kind == YamlNode::Kind::Map)
        return read_bound(*node, rule);
    if (node->kind == YamlNode::Kind::Scalar && node->text == "unchanged")
        return Value{Value::Kind::Unchanged, 0};
    const ParsedInteger parsed = integer_of(*node, kLowestScore, kHighestScore);
    if (parsed.value)
        return Value{Value::Kind::Exactly, static_cast<int>(*parsed.value)};
    rule.reject(
        *node, "oom_score_adj",
        integer_range(kLowestScore, kHighestScore) + ", {at_most: N}, {at_least: N} or unchanged",
        parsed.why);
    return std::nullopt;
}

template <typename Meaning>
using Word = std::pair<std::string_view, Meaning>;

constexpr std::array kChildrenWords = {Word<Children>("reset", Children::Reset),
                                       Word<Children>("include", Children::Include),
                                       Word<Children>("inherit", Children::Inherit)};
constexpr std::array kOomdWords = {Word<OomdPreference>("omit", OomdPreference::Omit),
                                   Word<OomdPreference>("avoid", OomdPreference::Avoid)};
constexpr std::array kTrustWords = {Word<Trust>("verified", Trust::Verified),
                                    Word<Trust>("any", Trust::Any)};

/// What the word means that the key has; nullopt if the key is absent or has no such word.
template <typename Words>
auto read_word(const MapReader& rule, std::string_view key, const Words& words,
               std::string_view expected) {
    std::optional<typename Words::value_type::second_type> meaning;
    const YamlNode* const node = rule.find(key);
    if (node == nullptr)
        return meaning;
    for (const auto& [word, meant] : words) {
        if (node->kind == YamlNode::Kind::Scalar && node->text == word)
            meaning = meant;
    }
    if (!meaning)
        rule.reject(*node, key, expected);
    return meaning;
}

/// The entries of the list of rules that a file is.
std::span<const YamlNode> entries_of(const YamlNode& root, Findings& findings) {
    if (root.kind == YamlNode::Kind::Null || root.kind == YamlNode::Kind::Invalid)
        return {};
    if (root.kind != YamlNode::Kind::Map) {
        findings.error(root.mark,
                       "the file must be a map with the key 'rules', got " + describe(root));
        return {};
    }
    MapReader file(root, "", findings);
    file.allow_keys(kFileKeys);
    for (const YamlEntry& entry : root.entries()) {
        if (entry.key != "rules")
            continue;
        if (entry.value.kind == YamlNode::Kind::Sequence)
            return entry.value.items();
        file.reject(entry.value, "rules", "a list of rules");
        break;
    }
    return {};
}

/// Reads files one after the other into one list of rules.
class RuleReader {
  public:
    RuleReader(const Accounts& accounts, Findings& findings)
        : accounts_(accounts), findings_(findings) {}

    void add_rule(const YamlNode& node, const std::shared_ptr<const std::string>& path) {
        if (node.kind == YamlNode::Kind::Invalid)
            return;
        if (node.kind != YamlNode::Kind::Map) {
            findings_.error(node.mark, "a rule must be a map, got " + describe(node));
            return;
        }
        MapReader reader(node, name_of(node), findings_);
        reader.allow_keys(kRuleKeys);
        Rule rule;
        rule.origin = {path, node.mark.line};
        read_name(reader, rule);
        rule.description = reader.text("description", "a text").value_or("");
        if (reader.require("match") != nullptr)
            rule.match = read_match(reader, "match").value_or(Criteria());
        if (auto except = read_match(reader, "except"))
            rule.except = std::make_shared<const Criteria>(std::move(*except));
        rule.value = read_value(reader).value_or(Value());
        rule.children = read_word(reader, "children", kChildrenWords, "reset, include or inherit")
                            .value_or(Children::Reset);
        rule.systemd_oomd = read_word(reader, "systemd_oomd", kOomdWords, "omit or avoid")
                                .value_or(OomdPreference::None);
        rule.trust =
            read_word(reader, "trust", kTrustWords, "verified or any").value_or(Trust::Verified);
        rule.broad = reader.boolean("broad").value_or(false);
        if (reader.boolean("enabled").value_or(true))
            rules_.push_back(std::move(rule));
    }

    [[nodiscard]] std::vector<Rule> take_rules() { return std::move(rules_); }

  private:
    void read_name(const MapReader& reader, Rule& rule) {
        const YamlNode* const node = reader.require("name");
        if (node == nullptr)
            return;
        if (node->kind != YamlNode::Kind::Scalar || !is_rule_name(node->text)) {
            reader.reject(*node, "name",
                          "a printable text of at most 128 bytes without backslashes, and not "
                          "begin with 'hold '");
            return;
        }
        rule.name = node->text;
        const auto [other, added] =
            origins_.try_emplace(std::pmr::string(rule.name, &memory_), rule.origin);
        if (!added)
            findings_.error(node->mark, "the name '" + rule.name + "' is already taken by " +
                                            printable(other->second.text()));
    }

    std::optional<Criteria> read_match(const MapReader& rule, std::string_view key) {
        const YamlNode* const node = rule.find(key);
        if (node == nullptr)
            return std::nullopt;
        if (node->kind != YamlNode::Kind::Map || node->entries().empty()) {
            rule.reject(*node, key, "a map of at least one key, such as name or cmdline");
            return std::nullopt;
        }
        return read_criteria(*node, std::string(key) + " of " + rule.where(), accounts_, findings_);
    }

    const Accounts& accounts_;
    Findings& findings_;
    std::vector<Rule> rules_;
    // In memory of their own: they go, and would leave holes between the rules.
    std::pmr::monotonic_buffer_resource memory_;
    std::pmr::unordered_map<std::pmr::string, Origin> origins_{&memory_};
};

/// Reads all files, until there are too many rules.
void read_files(const std::vector<SourceFile>& files, const RuleLimits& limits, RuleReader& reader,
                Findings& findings) {
    std::size_t count = 0;
    for (std::size_t index = 0; index < files.size(); ++index) {
        const SourceFile& file = files[index];
        findings.enter_file(index);
        if (file.failure) {
            findings.error({}, "cannot be read: " + shown(*file.failure));
            continue;
        }
        const std::optional<YamlTree> tree = parse_yaml(content(file), findings);
        if (!tree)
            continue;
        const auto path = std::make_shared<const std::string>(file.path);
        for (const YamlNode& rule : entries_of(tree->root, findings)) {
            if (++count > limits.rules) {
                findings.error(rule.mark, "more than " + std::to_string(limits.rules) +
                                              " rules in all files together");
                return;
            }
            reader.add_rule(rule, path);
        }
    }
}

}  // namespace

LoadedRules load_rules(const std::vector<SourceFile>& files, const Accounts& accounts,
                       const RuleLimits& limits) {
    Findings findings;
    RuleReader reader(accounts, findings);
    read_files(files, limits, reader, findings);
    LoadedRules loaded;
    loaded.diagnostics = findings.report(files);
    if (!findings.has_errors())
        loaded.rules = reader.take_rules();
    loaded.rules.shrink_to_fit();
    return loaded;
}

}  // namespace oomguard::config
