// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    bool quoted = false;          ///< Scalar: not plain, so meant as a text
    Mark mark;                    ///< where it begins; of a missing value, where its key or "-" is
    std::string text;             ///< Scalar
    std::vector<YamlNode> items;  ///< Sequence
    std::vector<YamlEntry> entries;  ///< Map, in the file's order
};

struct YamlEntry {
    std::string key;
    Mark mark;
    YamlNode value;
};

/// Parses the one document that `text` is; without a document, the root is Null. What YAML offers
/// beyond plain lists, maps and scalars (anchors, aliases, tags, further documents, keys that are
/// not text) is an error, and so are duplicate keys, deep nesting and bytes that are not printable
/// UTF-8. Where an error leaves no tree, the result is nullopt.
[[nodiscard]] std::optional<YamlNode> parse_yaml(std::string_view text, Findings& findings);

}  // namespace oomguard::config
