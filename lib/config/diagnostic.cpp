// SPDX-License-Identifier: MIT
#include "config/diagnostic.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace oomguard::config {
namespace {

constexpr std::string_view kIndent = "    ";
constexpr std::string_view kEllipsis = "...";
constexpr std::size_t kWidest = 76;       // characters of a line that is not cut
constexpr std::size_t kShownBefore = 45;  // of one that is: characters left of the caret
constexpr std::size_t kShownAfter = 25;   // and right of it
constexpr std::size_t kLongestCharacter = 4;

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

std::string_view line_of(std::string_view text, unsigned line) {
    for (; line > 1; --line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r'))
        text.remove_suffix(1);
    return text;
}

/// Moves `offset` by up to `count` characters to the left or to the right. What is no UTF-8 counts
/// as characters of up to four bytes, so that the result is bounded for any text.
std::size_t back(std::string_view line, std::size_t offset, std::size_t count) {
    for (; count > 0 && offset > 0; --count) {
        const std::size_t least = offset - std::min(offset, kLongestCharacter);
        --offset;
        while (offset > least && is_continuation(line[offset]))
            --offset;
    }
    return offset;
}

std::size_t forward(std::string_view line, std::size_t offset, std::size_t count) {
    for (; count > 0 && offset < line.size(); --count) {
        const std::size_t most = std::min(line.size(), offset + kLongestCharacter);
        ++offset;
        while (offset < most && is_continuation(line[offset]))
            ++offset;
    }
    return offset;
}

/// As printable(), but tabs and backslashes stay: the excerpt is to look like the file.
std::string displayed(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text.front() == '\t' || text.front() == '\\') {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        const std::size_t end = std::min(text.find_first_of("\t\\"), text.size());
        out += printable(text.substr(0, end));
        text.remove_prefix(end);
    }
    return out;
}

/// Blanks of the width of `shown`, tabs for tabs.
std::string padding(std::string_view shown) {
    std::string out;
    for (const char byte : shown) {
        if (!is_continuation(byte))
            out += byte == '\t' ? '\t' : ' ';
    }
    return out;
}

}  // namespace

std::string make_excerpt(std::string_view text, unsigned line, unsigned column) {
    const std::string_view source = line_of(text, line);
    if (line == 0 || column == 0 || source.empty())
        return {};
    const std::size_t caret = std::min<std::size_t>(column - 1, source.size());
    const bool fits = forward(source, 0, kWidest) == source.size();
    const std::size_t begin = fits ? 0 : back(source, caret, kShownBefore);
    // A line with room left before the caret shows more of what follows it.
    const std::size_t end = forward(source, begin, fits ? kWidest : kShownBefore + kShownAfter);

    std::string before(begin > 0 ? kEllipsis : "");
    before += displayed(source.substr(begin, caret - begin));
    std::string out(kIndent);
    out += before + displayed(source.substr(caret, end - caret));
    out += end < source.size() ? kEllipsis : "";
    out += '\n';
    out += kIndent;
    out += padding(before) + "^\n";
    return out;
}

const char* severity_text(Diagnostic::Severity severity) {
    switch (severity) {
        case Diagnostic::Severity::Error:
            return "error";
        case Diagnostic::Severity::Warning:
            return "warning";
        case Diagnostic::Severity::Note:
            break;
    }
    return "note";
}

std::string format(const Diagnostic& diagnostic) {
    std::string out = printable(diagnostic.file);
    for (const unsigned number : {diagnostic.line, diagnostic.column}) {
        if (number > 0)
            out.append(":").append(std::to_string(number));
    }
    if (!out.empty())
        out += ": ";
    out += severity_text(diagnostic.severity);
    return out + ": " + diagnostic.message + "\n" + diagnostic.excerpt;
}

std::string format(const std::vector<Diagnostic>& diagnostics) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics)
        out += format(diagnostic);
    return out;
}

std::size_t count(const std::vector<Diagnostic>& diagnostics, Diagnostic::Severity severity) {
    std::size_t count = 0;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity == severity)
            count += diagnostic.stands_for;
    }
    return count;
}

std::size_t count_errors(const std::vector<Diagnostic>& diagnostics) {
    return count(diagnostics, Diagnostic::Severity::Error);
}

}  // namespace oomguard::config
