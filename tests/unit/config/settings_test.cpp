// SPDX-License-Identifier: MIT
#include "config/settings.hpp"

#include <algorithm>

#include "loading.hpp"
#include "support/catch.hpp"

namespace oomguard::config::test {
namespace {

bool exempts(const Settings& settings, std::string_view cgroup) {
    return std::any_of(settings.exempt_cgroups.begin(), settings.exempt_cgroups.end(),
                       [&](const Pattern& pattern) { return pattern.matches(cgroup); });
}

}  // namespace

TEST_CASE("every bad settings file gives the messages beside it") {
    for (const std::string& path : corpus("settings/bad")) {
        DYNAMIC_SECTION(path) {
            const LoadedSettings loaded = load_settings(corpus_file(path));
            CHECK(format(loaded.diagnostics) == expectation(path));
        }
    }
}

TEST_CASE("every good settings file gives the settings beside it") {
    for (const std::string& path : corpus("settings/good")) {
        DYNAMIC_SECTION(path) {
            CHECK(dump(load_settings(corpus_file(path))) == expectation(path));
        }
    }
}

TEST_CASE("a settings file that cannot be read is an error") {
    const LoadedSettings loaded = load_settings({"f.yaml", "", "Permission denied"});
    CHECK(format(loaded.diagnostics) == "f.yaml: error: cannot be read: Permission denied\n");
    CHECK(count_errors(loaded.diagnostics) == 1);
}

TEST_CASE("an empty settings file is the default settings") {
    CHECK(dump(load_settings({"f.yaml", "", std::nullopt})) == dump({default_settings(), {}}));
}

TEST_CASE("a pattern of what is below a cgroup exempts the cgroup itself too") {
    const Settings settings = default_settings();
    CHECK(exempts(settings, "/kubepods.slice"));
    CHECK(exempts(settings, "/kubepods"));
    CHECK(exempts(settings, "/kubepods/burstable/pod1/c"));
    CHECK_FALSE(exempts(settings, "/kubepods2"));
    CHECK_FALSE(exempts(settings, "/"));
    CHECK_FALSE(exempts(settings, "/x/kubepods"));
}

TEST_CASE("exempting everything exempts the root cgroup") {
    const LoadedSettings loaded = load_settings({"f.yaml", "exempt_cgroups: /**", std::nullopt});
    CHECK(loaded.diagnostics.empty());
    CHECK(exempts(loaded.settings, "/"));
    CHECK(exempts(loaded.settings, "/a/b"));
}

}  // namespace oomguard::config::test
