// SPDX-License-Identifier: MIT
#include "core/pattern.hpp"

#include <cstdint>

#include <re2/re2.h>

#include "core/text.hpp"

namespace oomguard {
namespace {

/// As a glob's "*" is translated.
constexpr const char* kAnything = ".*";

Error pattern_error(std::string what) {
    return {{}, std::move(what)};
}

/// Translates a glob into an RE2 expression on bytes. A glob without wildcards is collected as
/// the exact text it stands for.
class GlobTranslator {
  public:
    GlobTranslator(std::string_view glob, Pattern::Kind kind)
        : rest_(glob), is_path_(kind == Pattern::Kind::Path) {}

    Result<void> run() {
        while (!rest_.empty()) {
            const char next = take();
            if (next == '*') {
                add_star();
            } else if (next == '?') {
                expression_ += any_character("");
                has_wildcard_ = by_character_ = true;
            } else if (next == '[') {
                if (auto done = add_set(); !done)
                    return done;
            } else if (next == '\\') {
                if (rest_.empty())
                    return pattern_error("the pattern ends with a lone '\\'");
                add_literal(take());
            } else {
                add_literal(next);
            }
        }
        return {};
    }

    [[nodiscard]] bool has_wildcard() const { return has_wildcard_; }
    [[nodiscard]] const std::string& expression() const { return expression_; }
    /// True if the expression is on characters: what it is matched with must be valid UTF-8.
    [[nodiscard]] bool by_character() const { return by_character_; }
    /// What comes before the first wildcard.
    [[nodiscard]] const std::string& exact() const { return exact_; }

  private:
    char take() {
        const char next = rest_.front();
        rest_.remove_prefix(1);
        return next;
    }

    void add_literal(char byte) {
        if (!has_wildcard_)
            exact_ += byte;
        expression_ += re2::RE2::QuoteMeta(std::string(1, byte));
    }

    void add_star() {
        const bool crosses = rest_.starts_with('*') || !is_path_;
        while (rest_.starts_with('*'))
            rest_.remove_prefix(1);
        expression_ += crosses ? kAnything : "[^/]*";
        has_wildcard_ = true;
    }

    /// One UTF-8 character, except the ASCII ones in `excluded` (escaped for use in brackets) and,
    /// in a path, the slash.
    [[nodiscard]] std::string any_character(const std::string& excluded) const {
        return "(?:[^" + excluded + (is_path_ ? "/" : "") +
               "\\x80-\\xff]"
               "|[\\xc2-\\xdf][\\x80-\\xbf]"
               "|[\\xe0-\\xef][\\x80-\\xbf]{2}"
               "|[\\xf0-\\xf4][\\x80-\\xbf]{3})";
    }

    Result<void> add_set() {
        const bool negated = rest_.starts_with('!') || rest_.starts_with('^');
        if (negated)
            rest_.remove_prefix(1);
        std::string members;
        bool first = true;
        while (!rest_.starts_with(']') || first) {
            if (rest_.empty())
                return pattern_error("'[' without ']' (write '\\[' for the character itself)");
            if (auto done = add_members(members); !done)
                return done;
            first = false;
        }
        rest_.remove_prefix(1);
        expression_ += negated ? any_character(members) : "[" + members + "]";
        has_wildcard_ = true;
        by_character_ = by_character_ || negated;
        return {};
    }

    /// One character or range of a set.
    Result<void> add_members(std::string& members) {
        const Result<char> low = take_member();
        if (!low)
            return low.error();
        members += escaped(*low);
        if (rest_.size() < 2 || rest_[0] != '-' || rest_[1] == ']')
            return {};
        rest_.remove_prefix(1);
        const Result<char> high = take_member();
        if (!high)
            return high.error();
        if (*high < *low)
            return pattern_error(std::string("the range '") + *low + "-" + *high +
                                 "' is the wrong way round");
        if (is_path_ && *low < '/' && '/' < *high)
            return pattern_error("'/' cannot stand in '[...]' of a path");
        members += '-';
        members += escaped(*high);
        return {};
    }

    Result<char> take_member() {
        char member = take();
        if (member == '\\' && !rest_.empty())
            member = take();
        if (static_cast<std::uint8_t>(member) >= 0x80)
            return pattern_error("only ASCII characters can stand in '[...]'");
        if (member == '/' && is_path_)
            return pattern_error("'/' cannot stand in '[...]' of a path");
        return member;
    }

    static std::string escaped(char member) { return re2::RE2::QuoteMeta(std::string(1, member)); }

    std::string_view rest_;
    bool is_path_;
    bool has_wildcard_ = false;
    bool by_character_ = false;
    std::string expression_;
    std::string exact_;
};

std::unique_ptr<const re2::RE2> compile(const std::string& expression) {
    // Bytes, not characters: a process's name need not be UTF-8, and must still be matched.
    re2::RE2::Options options(re2::RE2::Latin1);
    options.set_log_errors(false);
    options.set_dot_nl(true);
    return std::make_unique<const re2::RE2>(expression, options);
}

/// The text with a character that nobody uses in place of every byte that is not UTF-8, which
/// begins at `stray`.
std::string with_characters_only(std::string_view text, std::size_t stray) {
    constexpr std::string_view kNoncharacter = "\xf4\x8f\xbf\xbf";  // U+10FFFF
    std::string out;
    for (std::optional<std::size_t> at = stray; at; at = find_invalid_utf8(text)) {
        out += text.substr(0, *at);
        out += kNoncharacter;
        text.remove_prefix(*at + 1);
    }
    return out += text;
}

}  // namespace

struct Pattern::More {
    std::string source;
    std::unique_ptr<const re2::RE2> expression;  // none if it is one exact text
    bool by_character = false;
};

Result<Pattern> Pattern::glob(std::string_view text, Kind kind) {
    GlobTranslator translator(text, kind);
    if (auto done = translator.run(); !done)
        return done.error();
    Pattern pattern;
    pattern.exact_ = translator.exact();
    if (!translator.has_wildcard() && pattern.exact_ == text)
        return pattern;
    auto more = std::make_shared<More>();
    more->source.assign(text);
    more->by_character = translator.by_character();
    if (translator.has_wildcard())
        more->expression = compile(translator.expression());
    if (more->expression && !more->expression->ok())
        return pattern_error(more->expression->error());
    pattern.more_ = std::move(more);
    return pattern;
}

Result<Pattern> Pattern::regex(std::string_view text) {
    auto more = std::make_shared<More>();
    more->source.assign(text);
    more->expression = compile(more->source);
    if (!more->expression->ok())
        return pattern_error(more->expression->error());
    Pattern pattern;
    pattern.more_ = std::move(more);
    return pattern;
}

bool Pattern::has_expression() const {
    return more_->expression != nullptr;
}

const std::string& Pattern::text() const {
    return more_ ? more_->source : exact_;
}

bool Pattern::matches(std::string_view text) const {
    if (is_exact())
        return text == exact_;
    const auto stray = more_->by_character ? find_invalid_utf8(text) : std::nullopt;
    const std::string replaced = stray ? with_characters_only(text, *stray) : std::string();
    const std::string_view matched = stray ? replaced : text;
    return re2::RE2::FullMatch(re2::StringPiece(matched.data(), matched.size()),
                               *more_->expression);
}

std::vector<LiteralGroup> Pattern::required_literals() const {
    if (!is_exact())
        return oomguard::required_literals(*more_->expression);
    if (exact_.size() < kShortestLiteral)
        return {};
    return {{in_lower_case(exact_)}};
}

bool Pattern::matches_everything() const {
    return !is_exact() && more_->expression->pattern() == kAnything;
}

/// Whether it is what matches start with, and then anything.
bool Pattern::is_any_continuation() const {
    std::string expression;
    for (const char byte : exact_)
        expression += re2::RE2::QuoteMeta(std::string(1, byte));
    return more_->expression->pattern() == expression + kAnything;
}

bool Pattern::covers(const Pattern& other) const {
    if (other.is_exact())
        return matches(other.exact());
    if (is_exact())
        return false;
    if (matches_everything())
        return true;
    const bool is_by_bytes = !more_->by_character && !other.more_->by_character;
    if (more_->by_character == other.more_->by_character &&
        more_->expression->pattern() == other.more_->expression->pattern())
        return true;
    return is_by_bytes && is_any_continuation() && other.exact_.starts_with(exact_);
}

bool Pattern::may_match_longer(std::string_view beginning) const {
    if (exact_.size() > beginning.size())
        return exact_.starts_with(beginning);
    return !is_exact() && beginning.starts_with(exact_);
}

}  // namespace oomguard
