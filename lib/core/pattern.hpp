// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/required_literals.hpp"
#include "core/result.hpp"

namespace oomguard {

/// A text pattern of a rule, anchored at both ends, on bytes. Matching takes time linear in the
/// text whatever the pattern, because command lines are an attacker's to choose. Cheap to copy.
class Pattern {
  public:
    /// What `*`, `?` and `[...]` may stand for.
    enum class Kind {
        Text,  ///< anything
        Path,  ///< anything but '/', which only `**` crosses
    };

    /// A glob: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character meant as itself. `?` is one
    /// UTF-8 character, or one byte that is not part of one. The glob itself is UTF-8, as rule
    /// files are. Error: what is wrong with the glob.
    static Result<Pattern> glob(std::string_view text, Kind kind);

    /// An RE2 expression that the whole text must match; `.` is any byte, newline included.
    /// Error: RE2's own words.
    static Result<Pattern> regex(std::string_view text);

    [[nodiscard]] bool matches(std::string_view text) const;

    /// False if certainly no text that starts with `beginning` and goes on matches.
    [[nodiscard]] bool may_match_longer(std::string_view beginning) const;

    /// True only if every text that `other` matches is matched by this one too. False tells
    /// nothing: it is not found out of every pattern that this is so.
    [[nodiscard]] bool covers(const Pattern& other) const;

    /// True if every text matches, as far as can be told.
    [[nodiscard]] bool matches_everything() const;

    /// True if the pattern is one exact text, which is then `text()`'s meaning: see `exact()`.
    [[nodiscard]] bool is_exact() const { return !more_ || !has_expression(); }

    /// The exact text to be equal to; defined only if `is_exact()`.
    [[nodiscard]] const std::string& exact() const { return exact_; }

    /// What every text that matches must hold: something of each group. No group if nothing is
    /// known. Not kept: it takes as long as making the pattern.
    [[nodiscard]] std::vector<LiteralGroup> required_literals() const;

    /// As the administrator wrote it.
    [[nodiscard]] const std::string& text() const;

  private:
    Pattern() = default;

    struct More;

    [[nodiscard]] bool has_expression() const;
    [[nodiscard]] bool is_any_continuation() const;

    std::string exact_;  // with an expression: what every match starts with
    // Absent where the exact text is all there is: there can be many of those.
    std::shared_ptr<const More> more_;
};

}  // namespace oomguard
