// SPDX-License-Identifier: MIT
#include "config/findings.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace oomguard::config {
namespace {

constexpr std::size_t kMostKept = 100;

using Severity = Diagnostic::Severity;

Diagnostic not_shown(Severity severity, std::size_t count) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.message = "and " + std::to_string(count) + " more " +
                         (severity == Severity::Error ? "error" : "warning") +
                         (count == 1 ? "" : "s");
    diagnostic.stands_for = count;
    return diagnostic;
}

}  // namespace

std::string_view content(const SourceFile& file) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    std::string_view text = file.text;
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());
    return text;
}

void Findings::error(Mark mark, std::string message) {
    add(errors_, Severity::Error, mark, std::move(message));
}

void Findings::warning(Mark mark, std::string message) {
    add(warnings_, Severity::Warning, mark, std::move(message));
}

bool Findings::keeps_errors() const {
    return errors_.kept < kMostKept;
}

void Findings::add(Count& count, Severity severity, Mark mark, std::string message) {
    ++count.total;
    if (count.kept == kMostKept)
        return;
    ++count.kept;
    findings_.push_back({file_, mark, severity, std::move(message)});
}

std::vector<Diagnostic> Findings::report(std::span<const SourceFile> files) const {
    std::vector<Finding> sorted = findings_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.file, a.mark.line, a.mark.column) <
               std::tie(b.file, b.mark.line, b.mark.column);
    });
    std::vector<Diagnostic> diagnostics;
    diagnostics.reserve(sorted.size());
    for (Finding& finding : sorted) {
        const SourceFile& file = files[finding.file];
        Diagnostic diagnostic;
        diagnostic.severity = finding.severity;
        diagnostic.file = file.path;
        diagnostic.line = finding.mark.line;
        diagnostic.column = finding.mark.column;
        diagnostic.message = std::move(finding.message);
        diagnostic.excerpt = make_excerpt(content(file), finding.mark.line, finding.mark.column);
        diagnostics.push_back(std::move(diagnostic));
    }
    for (const auto& [severity, count] :
         {std::pair(Severity::Error, errors_), std::pair(Severity::Warning, warnings_)}) {
        if (count.total > count.kept)
            diagnostics.push_back(not_shown(severity, count.total - count.kept));
    }
    return diagnostics;
}

}  // namespace oomguard::config
