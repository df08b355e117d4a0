// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/diagnostic.hpp"
#include "config/lint.hpp"
#include "core/text.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/drop_in_file.hpp"
#include "ctl/editor.hpp"
#include "ctl/failure.hpp"
#include "ctl/output/standard_error.hpp"
#include "ctl/rule_files.hpp"
#include "sys/drop_in.hpp"
#include "sys/file.hpp"

namespace oomguard::ctl {
namespace {

constexpr std::string_view kEnding = ".yaml";
// A file's name has 255 bytes. The draft's has 8 more than this, and while it is written 8 more.
constexpr std::size_t kLongestName = 239;

constexpr const char* kTemplate =
    R"(# Rules of oom-guardd; see oom-guardd-rules(5). Take the "#" away and say what is meant.
#
#rules:
#  - name: my-rule                  # unique over all files
#    match:                         # which processes; every key must hold
#      name: [python, "python3*"]   # the program
#      cmdline: "*train.py*"        # its arguments
#      user: alice                  # who runs it: names alone are anyone's to choose
#    oom_score_adj: -500            # from -1000 (never killed) to 1000 (killed first)
#    children: include              # what it starts, too
)";

struct EditOptions {
    RuleFileOptions files;
    std::string name;
};

std::string checked_name(const std::string& given) {
    std::string name = given.ends_with(kEnding) ? given : fmt::format("{}{}", given, kEnding);
    if (name.find('/') != std::string::npos)
        throw Failure(ExitCode::Failed,
                      fmt::format("'{}' is a path: give the name of a file alone, such as {}",
                                  printable(given), printable(base_name(name))));
    if (!sys::is_drop_in_name(name) || name == kEnding || name.size() > kLongestName ||
        printable(name) != name)
        throw Failure(ExitCode::Failed,
                      fmt::format("'{}' is no name for a rule file: give one such as 10-mine.yaml, "
                                  "printable, without backslashes, and without a dot at its "
                                  "beginning",
                                  printable(given)));
    return name;
}

/// What is edited: the file, else the one that it will replace, else the template.
std::string first_text(const std::string& name, const std::vector<std::string>& directories) {
    for (const std::string& directory : directories) {
        if (auto text = text_of(std::string(directory).append("/").append(name)))
            return *std::move(text);
    }
    return kTemplate;
}

/// What is edited until it is good. Removed at the end, unless it is kept.
class Draft {
  public:
    /// In the directory of the file, and with a name that readers of rule files pass over.
    Draft(const std::string& directory, const std::string& name, const std::string& text)
        : path_(fmt::format("{}/.{}.XXXXXX{}", directory,
                            name.substr(0, name.size() - kEnding.size()), kEnding)) {
        std::error_code failure;
        std::filesystem::create_directories(directory, failure);
        const int fd = ::mkostemps(path_.data(), static_cast<int>(kEnding.size()), O_CLOEXEC);
        if (fd < 0)
            throw Failure(ExitCode::Failed,
                          fmt::format("cannot write in {}: {}{}", directory, std::strerror(errno),
                                      ::geteuid() == 0 ? "" : "; try it as root, with sudo"));
        (void)::close(fd);
        if (const auto written = sys::replace_file(path_, text, S_IRUSR | S_IWUSR); !written) {
            (void)::unlink(path_.c_str());
            throw Failure(ExitCode::Failed, written.error().message());
        }
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        if (!is_kept_)
            (void)::unlink(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const { return path_; }

    /// Empty if it was removed.
    [[nodiscard]] std::string text() const { return text_of(path_).value_or(""); }

    void keep() { is_kept_ = true; }
    void drop() { is_kept_ = false; }
    [[nodiscard]] bool is_kept() const { return is_kept_; }

  private:
    std::string path_;
    bool is_kept_ = false;
};

void replace_all(std::string& text, const std::string& old, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += with.size())
        text.replace(at, old.size(), with);
}

/// What the daemon would say, with the draft under the name that it will have. Of errors that
/// were there before, in other files, none.
std::vector<config::Diagnostic> judge(const daemon::ConfigPaths& installed, const Draft& draft,
                                      const std::string& name) {
    std::set<std::string> known;
    for (const auto& diagnostic : daemon::load_config(installed).diagnostics)
        known.insert(config::format(diagnostic));
    auto paths = installed;
    paths.stand_ins.emplace(name, draft.path());
    auto loaded = daemon::load_config(paths);
    const std::string path = installed.rule_directories.front() + "/" + name;
    std::vector<config::Diagnostic> findings;
    const auto take = [&](const std::vector<config::Diagnostic>& found) {
        for (config::Diagnostic diagnostic : found) {
            if (known.contains(config::format(diagnostic)))
                continue;
            replace_all(diagnostic.file, draft.path(), path);
            replace_all(diagnostic.message, draft.path(), path);
            findings.push_back(std::move(diagnostic));
        }
    };
    take(loaded.diagnostics);
    if (loaded.errors() > 0)
        return findings;
    std::vector<config::Diagnostic> lints =
        config::lint(loaded.rules, find_shadowing(loaded.rules));
    std::erase_if(lints, [&](const auto& lint) { return lint.file != draft.path(); });
    take(lints);
    return findings;
}

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

/// From now on the draft is kept if anything was written, whatever fails: also the editor.
void run_editor(Draft& draft, const std::string& before) {
    draft.keep();
    const auto drop_if_nothing = [&] {
        if (const std::string text = draft.text(); text == before || is_blank(text))
            draft.drop();
    };
    try {
        edit_file(draft.path());
    } catch (const Failure&) {
        drop_if_nothing();
        throw;
    }
    drop_if_nothing();
}

/// True once it is good and other than before; false if there is nothing to do.
bool edit_until_good(const daemon::ConfigPaths& installed, Draft& draft, const std::string& name,
                     const std::string& before) {
    for (;;) {
        run_editor(draft, before);
        if (!draft.is_kept()) {
            const char* const what = draft.text() == before ? "Unchanged" : "Empty";
            Session::print_text(fmt::format("{}: nothing was done.\n", what));
            return false;
        }
        const auto findings = judge(installed, draft, name);
        print_error(config::format(findings));
        const std::size_t errors = config::count_errors(findings);
        if (errors == 0)
            return true;
        if (!is_agreed(counted(errors, "error") + ". Edit again?"))
            throw Failure(ExitCode::Failed, counted(errors, "error") + ": nothing was changed");
    }
}

/// True if it was saved, false if there was nothing to do.
bool edit_and_save(const daemon::ConfigPaths& installed, const std::string& name,
                   const DropInFile& drop_in) {
    const std::string before =
        drop_in.text() ? *drop_in.text() : first_text(name, installed.rule_directories);
    Draft draft(installed.rule_directories.front(), name, before);
    try {
        if (!edit_until_good(installed, draft, name, before))
            return false;
        drop_in.replace(draft.text());
    } catch (const std::exception& failure) {
        if (!draft.is_kept())
            throw;
        throw Failure(ExitCode::Failed,
                      fmt::format("{}; what was written is in {}", failure.what(), draft.path()));
    }
    draft.drop();
    return true;
}

int edit(Session& session, const EditOptions& options) {
    require_this_machine(session.settings().host);
    const std::string name = checked_name(options.name);
    const auto installed = options.files.paths();
    const DropInFile drop_in(installed.rule_directories.front() + "/" + name);
    if (edit_and_save(installed, name, drop_in)) {
        const auto loaded = daemon::load_config(installed);
        Session::print_text(fmt::format(
            "Saved {}. {}\n", drop_in.path(),
            loaded.errors() > 0 ? "oom-guardd will load it once other files have no errors: see "
                                  "oom-guardctl check"
            : loaded.settings.sources.rule_files ? "A running oom-guardd has noticed by itself."
                                                 : "To have it loaded: oom-guardctl reload"));
    }
    session.finish();
    return 0;
}

}  // namespace

void add_edit(Commands& commands, Session& session) {
    const auto options = std::make_shared<EditOptions>();
    auto command = commands.add(
        "edit", "Edit a rule file in /etc/oom-guardd/rules.d, and put it in place if it is good");
    command.add_argument(
        {"NAME", "",
         "The file, such as 10-mine.yaml; one of this name that is installed is what "
         "to begin with, and is replaced"},
        options->name);
    add_rule_file_options(command, options->files);
    command.set_action([options, &session] { return edit(session, *options); });
}

}  // namespace oomguard::ctl
