// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "command.hpp"
#include "config/rule_file.hpp"
#include "config/settings.hpp"
#include "interface.hpp"
#include "support/catch.hpp"
#include "sys/accounts.hpp"
#include "unit/config/loading.hpp"

// What is written down says what the code does.
namespace oomguard::test {
namespace {

using Strings = std::vector<std::string>;

Strings lines_of(const std::string& text) {
    Strings lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

/// A man page without the backslashes that roff wants.
std::string page(const std::string& name) {
    std::string text = source_text("docs/" + name);
    for (const auto& [roff, plain] : std::vector<std::pair<std::string, std::string>>{
             {R"(\-)", "-"}, {R"(\(->)", "->"}, {R"(\(dq)", "\""}, {R"(\~)", " "}}) {
        for (auto at = text.find(roff); at != std::string::npos; at = text.find(roff, at))
            text.replace(at, roff.size(), plain);
    }
    return text;
}

/// From ".SH TITLE" to the next one.
std::string section(const std::string& text, const std::string& title) {
    const std::size_t start = text.find("\n.SH " + title + "\n");
    REQUIRE(start != std::string::npos);
    return text.substr(start, text.find("\n.SH ", start + 1) - start);
}

std::set<std::string> all_matches(const std::string& text, const std::string& expression) {
    const std::regex regex(expression);
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
        found.insert((*at)[1]);
    return found;
}

/// The texts of a constant array of the source.
std::set<std::string> constants(const std::string& file, const std::string& name) {
    const std::string text = source_text(file);
    const std::size_t start = text.find(" " + name + " =");
    INFO(name << " in " << file);
    REQUIRE(start != std::string::npos);
    return all_matches(text.substr(start, text.find(';', start) - start), "\"([a-z_]+)\"");
}

std::set<std::string> settings_keys() {
    const std::string file = "lib/config/settings.cpp";
    std::set<std::string> keys = constants(file, "kKeys");
    keys.merge(constants(file, "kSources"));
    keys.merge(constants(file, "kLimits"));
    return keys;
}

/// oom-guardd.yaml with every key in force.
std::string uncommented_settings() {
    static const std::regex kKey("#((  )?[a-z_]+:( .*)?)");
    std::string text;
    for (const auto& line : lines_of(source_text("config/oom-guardd.yaml")))
        text += std::regex_replace(line, kKey, "$1") + "\n";
    return text;
}

bool has_entry(const std::string& page, const std::string& key) {
    return std::regex_search(page, std::regex("\n\\.TP\n\\.BR? " + key + "( \".*\")?\n"));
}

config::LoadedRules load(const std::vector<SourceFile>& files) {
    return config::load_rules(files, {.user_id = sys::user_id, .group_id = sys::group_id}, {});
}

std::vector<SourceFile> shipped_files() {
    std::vector<SourceFile> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(OOMGUARD_SOURCE_DIR "/config/rules.d")) {
        const std::string name = entry.path().filename().string();
        files.push_back({name, source_text("config/rules.d/" + name), std::nullopt});
    }
    std::sort(files.begin(), files.end(),
              [](const auto& one, const auto& other) { return one.path < other.path; });
    REQUIRE_FALSE(files.empty());
    return files;
}

/// Only the lines after "#| ".
SourceFile examples_of(const SourceFile& file) {
    SourceFile examples{file.path, "", std::nullopt};
    for (const auto& line : lines_of(file.text)) {
        if (line.starts_with("#| "))
            examples.text += line.substr(3) + "\n";
    }
    return examples;
}

}  // namespace

TEST_CASE("the options of --help are those of the man page") {
    const auto help = run(OOM_GUARDD " --help");
    REQUIRE(help.status == 0);
    const auto told = all_matches(help.output, "\n +(?:-[a-z],)?(--[a-z-]+)");
    CHECK(told.size() >= 8);
    CHECK(all_matches(section(page("oom-guardd.8"), "OPTIONS"), "\n\\.B[RI]* (--[a-z-]+)") == told);
    CHECK(all_matches(section(page("oom-guardd.8"), "SYNOPSIS"), "[\\[ ](--[a-z-]+)") == told);
}

TEST_CASE("the members of the interface are those of its man page, with their signatures") {
    const std::string text = page("org.oomguard1.5");
    std::set<std::string> documented;
    for (const auto& [kind, title] : std::vector<std::pair<std::string, std::string>>{
             {"method", "METHODS"}, {"property", "PROPERTIES"}, {"signal", "SIGNALS"}}) {
        static const std::regex kEntry("\n\\.TP\n\\.BR ([A-Za-z]+) +\"([^\"]*)\"");
        const std::string part = section(text, title);
        for (std::sregex_iterator at(part.begin(), part.end(), kEntry), end; at != end; ++at)
            documented.insert(kind + " " + at->str(1) + " " +
                              std::regex_replace(at->str(2), std::regex("^ "), ""));
    }
    std::set<std::string> described;
    for (const auto& member :
         members_of(source_text("daemon/bus/org.oomguard1.xml"), "org.oomguard1.Manager")) {
        // The man page marks those that change without a signal.
        const bool is_silent = member.emits_changed == "false";
        described.insert(member.kind + " " + member.name + " " + member.signature() +
                         (is_silent ? " *" : ""));
    }
    CHECK(described.size() > 20);
    CHECK(documented == described);
}

TEST_CASE("every member of the interface is explained where it is described") {
    const std::string xml = source_text("daemon/bus/org.oomguard1.xml");
    for (const auto& member : members_of(xml, "org.oomguard1.Manager")) {
        INFO(member.name);
        CHECK(std::regex_search(xml, std::regex("<!--\\s+" + member.name + ":")));
    }
}

TEST_CASE("every error of the interface is in its man page") {
    std::set<std::string> thrown;
    for (const auto& entry :
         std::filesystem::directory_iterator(OOMGUARD_SOURCE_DIR "/daemon/bus")) {
        const std::string file = "daemon/bus/" + entry.path().filename().string();
        thrown.merge(all_matches(source_text(file), "make_error\\(\\s*\"([A-Za-z]+)\""));
    }
    CHECK(thrown.size() >= 5);
    CHECK(all_matches(page("org.oomguard1.5"), "\n\\.B org\\.oomguard1\\.Error\\.([A-Za-z]+)") ==
          thrown);
}

TEST_CASE("the settings file as installed changes nothing") {
    const auto loaded = config::load_settings(
        {"oom-guardd.yaml", source_text("config/oom-guardd.yaml"), std::nullopt});
    CHECK(config::test::dump(loaded) == config::test::dump({config::default_settings(), {}}));
}

TEST_CASE("the settings file shows every key with its default") {
    const std::string text = uncommented_settings();
    const auto loaded = config::load_settings({"oom-guardd.yaml", text, std::nullopt});
    CHECK(config::test::dump(loaded) == config::test::dump({config::default_settings(), {}}));
    CHECK(all_matches("\n" + text, "\n *([a-z_]+):") == settings_keys());
}

TEST_CASE("every setting is in its man page, with the default of the file") {
    const std::string text = section(page("oom-guardd.yaml.5"), "KEYS");
    for (const auto& key : settings_keys()) {
        INFO(key);
        CHECK(has_entry(text, key));
    }
    static const std::regex kDefault("\n\\.BR ([a-z_]+) \": (.*)\"\n");
    std::set<std::string> shown;
    for (std::sregex_iterator at(text.begin(), text.end(), kDefault), end; at != end; ++at)
        shown.insert(at->str(1) + ": " + at->str(2));
    CHECK(shown.size() >= 9);
    const auto installed = lines_of(uncommented_settings());
    for (const auto& line : shown) {
        INFO(line);
        CHECK(std::any_of(installed.begin(), installed.end(), [&](const auto& other) {
            return other == line || other == "  " + line;
        }));
    }
}

TEST_CASE("every key of a rule is in the man page of rules") {
    const std::string text = page("oom-guardd-rules.5");
    for (const auto& key : constants("lib/config/rule_file.cpp", "kRuleKeys")) {
        INFO(key);
        CHECK(has_entry(section(text, "KEYS OF A RULE"), key));
    }
    for (const auto& key : constants("lib/config/criteria.cpp", "kKeys")) {
        INFO(key);
        CHECK(has_entry(section(text, "KEYS OF MATCH AND EXCEPT"), key));
    }
    for (const auto& key : constants("lib/config/rule_file.cpp", "kBoundKeys"))
        CHECK(text.find(".BI {" + key + ": ") != std::string::npos);
    for (const auto& key : constants("lib/config/criteria.cpp", "kRegexKeys"))
        CHECK(text.find("{" + key + ": ") != std::string::npos);
}

TEST_CASE("the shipped rules load without a word") {
    const auto loaded = load(shipped_files());
    CHECK(config::format(loaded.diagnostics).empty());
    CHECK(loaded.rules.size() >= 4);
    for (const auto& file : shipped_files()) {
        INFO(file.path);
        CHECK(std::regex_match(file.path, std::regex("[5-9][0-9]-[a-z-]+\\.yaml")));
    }
    for (const Rule& rule : loaded.rules) {
        INFO(rule.name);
        CHECK(rule.name.starts_with("shipped-"));
        CHECK_FALSE(rule.description.empty());
        // What a distribution or an administrator has set on purpose is only ever exceeded.
        CHECK((rule.value.kind == Value::Kind::AtMost || rule.value.kind == Value::Kind::AtLeast));
    }
}

TEST_CASE("the commented examples load without a word, together with the shipped rules") {
    std::vector<SourceFile> files = shipped_files();
    const std::size_t shipped = load(files).rules.size();
    std::vector<SourceFile> examples;
    for (const auto& file : files) {
        if (const auto example = examples_of(file); !example.text.empty())
            examples.push_back(example);
    }
    REQUIRE_FALSE(examples.empty());
    files.insert(files.end(), examples.begin(), examples.end());
    const auto loaded = load(files);
    CHECK(config::format(loaded.diagnostics).empty());
    CHECK(loaded.rules.size() >= shipped + 5);
}

}  // namespace oomguard::test
