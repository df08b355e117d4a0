// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "config/findings.hpp"

namespace oomguard::config {

struct YamlEntry;

/// A value of a YAML document as it was written: a scalar is its text, whatever it looks like.
struct YamlNode {
    enum class Kind {
        Null,  ///< nothing, `~` or `null`
        Scalar,
        Sequence,
        Map,
        Invalid,  ///< was reported already; to be passed over in silence
    };

    Kind kind = Kind::Null;
    bool quoted = false;    ///< Scalar: not plain, so meant as a text
    Mark mark;              ///< where it begins; of a missing value, where its key or "-" is
    std::string_view text;  ///< Scalar

    /// Of a Sequence.
    [[nodiscard]] std::span<const YamlNode> items() const;
    /// Of a Map, in the file's order.
    [[nodiscard]] std::span<const YamlEntry> entries() const;

    // What the two give, in the memory of the tree.
    std::size_t count = 0;
    const YamlNode* first_item = nullptr;
    const YamlEntry* first_entry = nullptr;
};

struct YamlEntry {
    std::string_view key;
    Mark mark;
    YamlNode value;
};

inline std::span<const YamlNode> YamlNode::items() const {
    return {first_item, first_item == nullptr ? 0 : count};
}

inline std::span<const YamlEntry> YamlNode::entries() const {
    return {first_entry, first_entry == nullptr ? 0 : count};
}

/// A document. All of it is in memory of its own, which goes at once, so that it leaves no holes
/// between what is made while it is read. It refers to the text that it was parsed from.
struct YamlTree {
    YamlNode root;
    std::unique_ptr<std::pmr::memory_resource> memory;
};

/// Parses the one document that `text` is; without a document, the root is Null. What YAML offers
/// beyond plain lists, maps and scalars (anchors, aliases, tags, further documents, keys that are
/// not text) is an error, and so are duplicate keys, deep nesting and bytes that are not printable
/// UTF-8. Where an error leaves no tree, the result is nullopt. The text must outlive the tree.
[[nodiscard]] std::optional<YamlTree> parse_yaml(std::string_view text, Findings& findings);

}  // namespace oomguard::config
