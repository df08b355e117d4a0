// SPDX-License-Identifier: MIT
#include "core/literal_index.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "support/catch.hpp"

namespace oomguard {
namespace {

using Entries = std::vector<LiteralIndex::Entry>;

std::vector<RuleNumber> found(const LiteralIndex& index, const std::vector<std::string>& texts) {
    LiteralIndex::Hits hits;
    for (const std::string& text : texts)
        index.search(text, hits);
    return {hits.rules().begin(), hits.rules().end()};
}

/// Of a small alphabet, so that literals are often parts of one another.
std::string random_text(std::mt19937& engine, std::size_t shortest, std::size_t longest) {
    std::string text;
    for (std::size_t left = shortest + engine() % (longest - shortest + 1); left > 0; --left)
        text += "abB\xe9"[engine() % 4];
    return text;
}

}  // namespace

TEST_CASE("rules are found by the literals that a text holds, each once and in order") {
    const LiteralIndex index(
        Entries{{"she", 7}, {"he", 3}, {"hers", 5}, {"his", 4}, {"he", 1}, {"rs", 3}});
    CHECK(found(index, {"ushers"}) == std::vector<RuleNumber>{1, 3, 5, 7});
    CHECK(found(index, {"he he he"}) == std::vector<RuleNumber>{1, 3});
    CHECK(found(index, {"hi", "s"}).empty());
    CHECK(found(index, {"this", "hers"}) == std::vector<RuleNumber>{1, 3, 4, 5});
    CHECK(found(index, {""}).empty());
    CHECK(found(index, {}).empty());
}

TEST_CASE("a text's ASCII capitals count as small letters") {
    const LiteralIndex index(Entries{{"xorg", 0}, {"\xc3\xa9", 1}});
    CHECK(found(index, {"/usr/lib/XorG"}) == std::vector<RuleNumber>{0});
    CHECK(found(index, {"\xc3\x89"}).empty());
    CHECK(found(index, {"\xc3\xa9"}) == std::vector<RuleNumber>{1});
}

TEST_CASE("an index of nothing finds nothing") {
    CHECK(found(LiteralIndex(), {"a"}).empty());
    CHECK(found(LiteralIndex(Entries()), {"a"}).empty());
    CHECK(LiteralIndex(Entries()).rules().empty());
}

TEST_CASE("an index finds what a search for each literal finds") {
    std::mt19937 engine(20264);
    std::size_t hits = 0;
    for (int round = 0; round < 2000; ++round) {
        CAPTURE(round);
        Entries entries;
        std::set<RuleNumber> rules;
        for (std::size_t left = engine() % 12; left > 0; --left) {
            entries.push_back(
                {in_lower_case(random_text(engine, 1, 5)), static_cast<RuleNumber>(engine() % 8)});
            rules.insert(entries.back().rule);
        }
        const LiteralIndex index(entries);
        CHECK(std::equal(index.rules().begin(), index.rules().end(), rules.begin(), rules.end()));
        for (int search = 0; search < 5; ++search) {
            const std::string text = random_text(engine, 0, 20);
            std::set<RuleNumber> expected;
            for (const auto& entry : entries) {
                if (in_lower_case(text).find(entry.literal) != std::string::npos)
                    expected.insert(entry.rule);
            }
            CHECK(found(index, {text}) == std::vector(expected.begin(), expected.end()));
            hits += expected.size();
        }
    }
    CHECK(hits > 5000);
}

}  // namespace oomguard
