// SPDX-License-Identifier: MIT
#include "core/coverage.hpp"

#include "support/catch.hpp"

namespace oomguard {

TEST_CASE("whom a rule lowers is counted for that rule, of all processes") {
    Coverage coverage;
    CHECK(coverage.shares(10).empty());
    coverage.add(0, 10, 1, "a");
    coverage.add(0, 11, 1, "a");
    coverage.add(3, 12, 10, "a");
    CHECK(coverage.shares(10) == std::map<std::size_t, Share>{{0, {2, 10}}, {3, {1, 10}}});
}

TEST_CASE("workers count with who has started them, under the same name and by the same rule") {
    Coverage coverage;
    coverage.add(0, 10, 1, "server");
    for (Pid pid = 11; pid < 15; ++pid)
        coverage.add(0, pid, pid - 1, "server");
    CHECK(coverage.shares(20).at(0) == Share{1, 16});
    coverage.add(0, 20, 14, "other");
    CHECK(coverage.shares(20).at(0) == Share{2, 16});
    coverage.add(1, 21, 20, "other");
    CHECK(coverage.shares(20).at(1) == Share{1, 20});
    // Some may have come since all were counted.
    CHECK(coverage.shares(2).at(0) == Share{2, 0});
}

TEST_CASE("too many are more than half, and more than a few") {
    CHECK_FALSE(is_too_broad({50, 100}, false));
    CHECK(is_too_broad({51, 100}, false));
    CHECK_FALSE(is_too_broad({16, 16}, false));
    CHECK(is_too_broad({17, 17}, false));
    CHECK(is_too_broad({17, 0}, false));
    SECTION("and what was too many is so until it is clearly less") {
        CHECK(is_too_broad({41, 100}, true));
        CHECK_FALSE(is_too_broad({40, 100}, true));
        CHECK_FALSE(is_too_broad({16, 16}, true));
    }
}

}  // namespace oomguard
