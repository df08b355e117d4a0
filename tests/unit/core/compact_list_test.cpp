// SPDX-License-Identifier: MIT
#include "core/compact_list.hpp"

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace oomguard {
namespace {

using Words = CompactList<std::string>;

std::string joined(const Words& words) {
    return std::accumulate(words.begin(), words.end(), std::string());
}

}  // namespace

TEST_CASE("a compact list holds what it was made of") {
    CHECK(Words().empty());
    CHECK(Words(std::vector<std::string>()).empty());
    CHECK(joined(Words()).empty());
    const Words words = {"a", "b", "c"};
    CHECK(words.size() == 3);
    CHECK(words.front() == "a");
    CHECK(joined(words) == "abc");
}

TEST_CASE("a copy of a compact list outlives it") {
    Words words = {"a", "b"};
    Words copy = words;
    words = Words{"x"};
    CHECK(joined(copy) == "ab");
    const Words moved = std::move(copy);
    CHECK(joined(moved) == "ab");
    copy = moved;
    CHECK(joined(copy) == "ab");
    copy = Words();
    CHECK(copy.empty());
}

}  // namespace oomguard
