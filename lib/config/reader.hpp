// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.hpp"
#include "config/yaml_tree.hpp"

namespace oomguard::config {

/// A text of the file as a message may show it: printable, and cut if it is long.
[[nodiscard]] std::string shown(std::string_view text);

/// What was found where something else was expected: `"-9x"`, `nothing`, `a list`, `an empty map`.
[[nodiscard]] std::string describe(const YamlNode& node);

/// An integer as it may be written, or, where that helps, why the text is none.
struct ParsedInteger {
    std::optional<std::int64_t> value;
    std::string_view why;
};

/// Decimal with an optional sign, and nothing else: YAML's octal, hexadecimal and exponents have
/// surprised too many.
[[nodiscard]] ParsedInteger parse_integer(std::string_view text);

/// One map of a file, read by key. Each getter gives nullopt if the key is absent or if its value
/// is wrong; a wrong one is reported, with the key's name and `where`, such as "rule 'browser'"
/// (empty: the whole file). The node and the findings must outlive it.
class MapReader {
  public:
    MapReader(const YamlNode& map, std::string where, Findings& findings);

    [[nodiscard]] const std::string& where() const { return where_; }
    [[nodiscard]] Findings& findings() const { return findings_; }

    /// "KEY in WHERE", to begin a message with.
    [[nodiscard]] std::string subject(std::string_view key) const;

    /// Reports every key that is not one of these.
    void allow_keys(std::span<const std::string_view> known);

    /// The value of the key, whatever it is; nullptr if the key is absent.
    [[nodiscard]] const YamlNode* find(std::string_view key) const;

    /// The value of a key that must be there; nullptr, and an error, if it is not. No error if an
    /// unknown key was reported that is taken for it.
    [[nodiscard]] const YamlNode* require(std::string_view key) const;

    /// Reports "KEY in WHERE must be EXPECTED, got VALUE (WHY)" at the value.
    void reject(const YamlNode& value, std::string_view key, std::string_view expected,
                std::string_view why = {}) const;

    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t low,
                                                      std::int64_t high) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;

    /// A scalar as written, quoted or not; `expected` is for the message.
    [[nodiscard]] std::optional<std::string> text(std::string_view key,
                                                  std::string_view expected) const;

  private:
    const YamlNode& map_;
    std::string where_;
    Findings& findings_;
    std::vector<std::string_view> meant_;  // known keys that an unknown one is taken for
};

/// "an integer from LOW to HIGH"
[[nodiscard]] std::string integer_range(std::int64_t low, std::int64_t high);

/// The integer of a plain scalar within the range; otherwise nullopt, and `why` says more where
/// there is more to say.
[[nodiscard]] ParsedInteger integer_of(const YamlNode& node, std::int64_t low, std::int64_t high);

}  // namespace oomguard::config
