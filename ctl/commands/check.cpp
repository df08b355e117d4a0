// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "config/diagnostic.hpp"
#include "config/lint.hpp"
#include "core/text.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/failure.hpp"
#include "ctl/rehearsal.hpp"
#include "ctl/rule_files.hpp"

namespace oomguard::ctl {
namespace {

using config::Diagnostic;
using Severity = Diagnostic::Severity;

struct CheckOptions {
    RuleFileOptions files;
    std::vector<std::string> paths;
    bool no_processes = false;
};

struct Judgement {
    std::vector<Diagnostic> findings;
    std::size_t rules = 0;
    std::size_t files = 0;

    [[nodiscard]] std::size_t count(Severity severity) const {
        return config::count(findings, severity);
    }
};

void append(std::vector<Diagnostic>& findings, std::vector<Diagnostic> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
}

/// The files alone, or together with the directories; or those that the daemon reads.
daemon::ConfigPaths paths_of(const CheckOptions& options) {
    RuleFileOptions given = options.files;
    std::vector<std::string> files;
    for (const std::string& path : options.paths) {
        std::error_code failure;
        const bool is_directory = std::filesystem::is_directory(path, failure);
        (is_directory || path.ends_with('/') ? given.directories : files).push_back(path);
    }
    auto paths = given.paths();
    if (given.directories.empty() && !files.empty())
        put_in_alone(paths, files);
    else
        put_in(paths, files);
    return paths;
}

void add_notes(std::vector<Diagnostic>& findings, const Shadowing& shadowing,
               daemon::LoadedConfig loaded) {
    Rehearsal rehearsal({.rules = std::move(loaded.rules),
                         .settings = std::move(loaded.settings),
                         .originals = {},
                         .daemon_pid = {},
                         .pids = {}});
    append(findings, config::warn_of_broad(rehearsal.rules(), rehearsal.guard().held_back()));
    append(findings, config::note_idle(rehearsal.rules(), shadowing, rehearsal.idle_rules()));
    for (std::string& gap : rehearsal.gaps()) {
        Diagnostic note;
        note.severity = Severity::Note;
        note.message = std::move(gap);
        findings.push_back(std::move(note));
    }
}

Judgement judge(const CheckOptions& options) {
    auto loaded = load_and_judge(paths_of(options));
    Judgement judgement{std::move(loaded.diagnostics), loaded.rules.size(), loaded.rule_files};
    if (judgement.count(Severity::Error) > 0)
        return judgement;
    const auto shadowing = find_shadowing(loaded.rules);
    append(judgement.findings, config::lint(loaded.rules, shadowing));
    if (!options.no_processes)
        add_notes(judgement.findings, shadowing, std::move(loaded));
    return judgement;
}

Style style_of(Severity severity) {
    switch (severity) {
        case Severity::Error:
            return Style::Bad;
        case Severity::Warning:
            return Style::Warning;
        case Severity::Note:
            break;
    }
    return Style::Faint;
}

/// As the daemon writes it, with the severity in its colour.
std::string text_of(const Diagnostic& finding, const Terminal& terminal) {
    std::string text = config::format(finding);
    const std::string word = config::severity_text(finding.severity);
    const std::size_t message = text.find(word + ": " + finding.message);
    return text.replace(message, word.size(), terminal.styled(word, style_of(finding.severity)));
}

std::string summary_of(const Judgement& judgement) {
    const std::size_t errors = judgement.count(Severity::Error);
    const std::size_t warnings = judgement.count(Severity::Warning);
    const std::size_t notes = judgement.count(Severity::Note);
    std::string text = errors > 0
                           ? counted(errors, "error")
                           : fmt::format("{} in {}: no errors", counted(judgement.rules, "rule"),
                                         counted(judgement.files, "file"));
    if (warnings > 0)
        text += ", " + counted(warnings, "warning");
    if (notes > 0)
        text += ", " + counted(notes, "note");
    return text;
}

Json json_of(const Judgement& judgement) {
    Json list = Json::array();
    for (const Diagnostic& finding : judgement.findings)
        list.push_back({{"file", or_null(finding.file)},
                        {"line", or_null(finding.line)},
                        {"column", or_null(finding.column)},
                        {"severity", config::severity_text(finding.severity)},
                        {"message", finding.message}});
    return {{"findings", std::move(list)},
            {"errors", judgement.count(Severity::Error)},
            {"warnings", judgement.count(Severity::Warning)},
            {"notes", judgement.count(Severity::Note)},
            {"rules", judgement.rules},
            {"files", judgement.files}};
}

int check(Session& session, const CheckOptions& options) {
    require_this_machine(session.settings().host);
    const Judgement judgement = judge(options);
    if (session.settings().json) {
        Session::print(json_of(judgement));
    } else {
        session.start_pager();
        for (const Diagnostic& finding : judgement.findings)
            Session::print_text(text_of(finding, session.terminal()));
        if (!session.settings().no_legend)
            Session::print_text(summary_of(judgement) + "\n");
    }
    session.finish();
    return static_cast<int>(judgement.count(Severity::Error) > 0 ? ExitCode::Failed
                                                                 : ExitCode::Done);
}

}  // namespace

void add_check(Commands& commands, Session& session) {
    const auto options = std::make_shared<CheckOptions>();
    auto command = commands.add(
        "check", "Tell what is wrong, dangerous or of no use in rule files, without the daemon");
    command.add_optional_arguments(
        {"PATH", "",
         "Rule directories, as if they were the only ones; rule files, as if they were "
         "in these, or alone. None: those that oom-guardd reads"},
        options->paths);
    add_settings_option(command, options->files);
    command.add_flag("--no-processes",
                     "Do not tell which rules decide for no process that runs now",
                     options->no_processes);
    command.set_action([options, &session] { return check(session, *options); });
}

}  // namespace oomguard::ctl
