// SPDX-License-Identifier: MIT
#include "daemon/rule_loader.hpp"

#include <string>

#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::daemon {
namespace {

using oomguard::test::TempTree;

std::string rule_text(const std::string& name) {
    return "rules:\n  - name: " + name + "\n    match: {name: x}\n    oom_score_adj: 5\n";
}

ConfigPaths paths_in(const TempTree& tree) {
    return {.settings_file = tree.path("settings.yaml"),
            .settings_file_must_exist = false,
            .rule_directories = {tree.path("etc"), tree.path("usr")}};
}

std::vector<std::string> names(const LoadedConfig& config) {
    std::vector<std::string> names;
    for (const Rule& rule : config.rules)
        names.push_back(rule.name);
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("Settings and rules are read from where they are") {
    const TempTree tree{{"settings.yaml", "sweep_interval: 30s\n"},
                        {"etc/20-b.yaml", rule_text("b")},
                        {"usr/10-a.yaml", rule_text("a")},
                        {"usr/20-b.yaml", rule_text("replaced")}};
    const LoadedConfig config = load_config(paths_in(tree));
    CHECK(config::format(config.diagnostics).empty());
    CHECK(config.errors() == 0);
    CHECK(config.settings.sweep_interval == std::chrono::seconds(30));
    CHECK(names(config) == Names{"a", "b"});
    CHECK(config.rule_files == 2);
    CHECK(config.rules[1].origin.text() == tree.path("etc/20-b.yaml") + ":2");
}

TEST_CASE("Without files there are the default settings and no rules") {
    const TempTree tree;
    const LoadedConfig config = load_config(paths_in(tree));
    CHECK(config.errors() == 0);
    CHECK(config.settings.sweep_interval == config::default_settings().sweep_interval);
    CHECK(config.settings.exempt_cgroups.size() ==
          config::default_settings().exempt_cgroups.size());
    CHECK(config.rules.empty());
}

TEST_CASE("A settings file that was asked for must exist") {
    const TempTree tree;
    ConfigPaths paths = paths_in(tree);
    paths.settings_file_must_exist = true;
    const LoadedConfig config = load_config(paths);
    CHECK(config::format(config.diagnostics) ==
          tree.path("settings.yaml") + ": error: cannot be read: No such file or directory\n");
}

TEST_CASE("Of rule directories only those that were asked for must exist") {
    const TempTree tree{{"usr/10-a.yaml", rule_text("a")}};
    ConfigPaths paths = paths_in(tree);
    CHECK(missing_directories(paths).empty());
    paths.rule_directories_are_given = true;
    CHECK(missing_directories(paths) == Names{tree.path("etc")});
    // What is there and no directory is told when it is read.
    tree.write("etc", "");
    CHECK(missing_directories(paths).empty());
    CHECK(config::format(load_config(paths).diagnostics) ==
          tree.path("etc") + ": error: cannot be read: Not a directory\n");
}

TEST_CASE("A settings file that is no file is an error, asked for or not") {
    const TempTree tree{{"settings.yaml/", ""}};
    const LoadedConfig config = load_config(paths_in(tree));
    CHECK(config::format(config.diagnostics) ==
          tree.path("settings.yaml") + ": error: cannot be read: Is a directory\n");
}

TEST_CASE("A settings file that others may write is an error") {
    const TempTree tree{{"settings.yaml", "dry_run: true\n"}};
    REQUIRE(::chmod(tree.path("settings.yaml").c_str(), 0666) == 0);
    const LoadedConfig config = load_config(paths_in(tree));
    CHECK(config::format(config.diagnostics) ==
          tree.path("settings.yaml") +
              ": error: cannot be read: others may write it (mode 0666): run chmod go-w on it\n");
    CHECK_FALSE(config.settings.dry_run);
}

TEST_CASE("Errors in the settings and in the rules are reported at once") {
    const TempTree tree{{"settings.yaml", "nonsense: 1\n"}, {"etc/a.yaml", "rules: 7\n"}};
    const LoadedConfig config = load_config(paths_in(tree));
    CHECK(config.errors() == 2);
    CHECK(config.diagnostics.at(0).file == tree.path("settings.yaml"));
    CHECK(config.diagnostics.at(1).file == tree.path("etc/a.yaml"));
}

TEST_CASE("The limits of the settings hold for the rules") {
    const TempTree tree{{"settings.yaml", "limits: {rules: 1}\n"},
                        {"etc/a.yaml", rule_text("a")},
                        {"etc/b.yaml", rule_text("b")}};
    CHECK(load_config(paths_in(tree)).errors() == 1);
    tree.write("settings.yaml", "limits: {file_size: 10}\n");
    CHECK(load_config(paths_in(tree)).errors() == 2);
}

TEST_CASE("What is shipped is the last directory with default settings") {
    const TempTree tree{{"settings.yaml", "nonsense: 1\n"},
                        {"etc/10-bad.yaml", "rules: 7\n"},
                        {"etc/50-shipped.yaml", rule_text("replaced")},
                        {"usr/50-shipped.yaml", rule_text("shipped")}};
    CHECK(load_config(paths_in(tree)).errors() == 2);
    const LoadedConfig shipped = load_shipped_config(paths_in(tree));
    CHECK(shipped.errors() == 0);
    CHECK(names(shipped) == Names{"shipped"});
    CHECK(shipped.settings.sweep_interval == config::default_settings().sweep_interval);
    CHECK(load_shipped_config({.settings_file = "", .rule_directories = {}}).rules.empty());
}

TEST_CASE("The fingerprint is the same for the same bytes and another for any change") {
    const TempTree tree{{"settings.yaml", "dry_run: false\n"},
                        {"etc/10-a.yaml", rule_text("a")},
                        {"usr/20-b.yaml", rule_text("b")}};
    const auto fingerprint = [&] { return load_config(paths_in(tree)).fingerprint; };
    const std::size_t before = fingerprint();
    CHECK(fingerprint() == before);

    SECTION("a comment in a rule file") {
        tree.write("etc/10-a.yaml", rule_text("a") + "# more\n");
    }
    SECTION("the settings") {
        tree.write("settings.yaml", "dry_run: true\n");
    }
    SECTION("no settings") {
        tree.remove("settings.yaml");
    }
    SECTION("a file less") {
        tree.remove("usr/20-b.yaml");
    }
    SECTION("a file more") {
        tree.write("etc/30-c.yaml", "# empty\n");
    }
    SECTION("a mask") {
        tree.write("etc/20-b.yaml", "");
    }
    SECTION("another name") {
        tree.remove("usr/20-b.yaml");
        tree.write("usr/21-b.yaml", rule_text("b"));
    }
    SECTION("the bytes of two files changed for one another") {
        tree.write("etc/10-a.yaml", rule_text("b"));
        tree.write("usr/20-b.yaml", rule_text("a"));
    }
    SECTION("a failure") {
        tree.remove("etc/10-a.yaml");
        tree.write("etc/10-a.yaml/", "");
    }
    CHECK(fingerprint() != before);
}

}  // namespace oomguard::daemon
