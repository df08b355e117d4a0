// SPDX-License-Identifier: MIT
#include "loading.hpp"
#include "support/catch.hpp"

namespace oomguard::config::test {

TEST_CASE("every bad rule file is refused with the messages beside it") {
    for (const std::string& path : corpus("rules/bad")) {
        DYNAMIC_SECTION(path) {
            const LoadedRules loaded = load({corpus_file(path)});
            CHECK(format(loaded.diagnostics) == expectation(path));
            CHECK(count_errors(loaded.diagnostics) > 0);
            CHECK(loaded.rules.empty());
        }
    }
}

TEST_CASE("every good rule file gives the rules beside it") {
    for (const std::string& path : corpus("rules/good")) {
        DYNAMIC_SECTION(path) {
            const LoadedRules loaded = load({corpus_file(path)});
            CHECK(dump(loaded) == expectation(path));
            CHECK(count_errors(loaded.diagnostics) == 0);
        }
    }
}

}  // namespace oomguard::config::test
