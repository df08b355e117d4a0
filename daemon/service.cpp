// SPDX-License-Identifier: MIT
#include "daemon/service.hpp"

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/text.hpp"
#include "daemon/logging.hpp"
#include "daemon/must.hpp"
#include "daemon/notify.hpp"
#include "daemon/runtime_directory.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/memory_lock.hpp"
#include "sys/system_accounts.hpp"

namespace oomguard::daemon {
namespace {

/// A dry run records nothing, so it needs no runtime directory.
sys::UniqueFd make_and_claim(const Options& options) {
    if (options.dry_run)
        return {};
    const std::string& directory = options.runtime_directory;
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    auto lock = claim_runtime_directory(directory);
    if (!lock && lock.error().code == std::errc::operation_would_block)
        throw std::runtime_error("another oom-guardd uses " + directory +
                                 "; stop it, or give this one another --runtime-dir");
    return must(std::move(lock));
}

void log_findings(const std::vector<config::Diagnostic>& diagnostics) {
    for (const auto& diagnostic : diagnostics) {
        std::string text = config::format(diagnostic);
        text.pop_back();
        const bool is_error = diagnostic.severity == config::Diagnostic::Severity::Error;
        spdlog::log(is_error ? spdlog::level::err : spdlog::level::warn, "{}", text);
    }
}

/// Those that were not told already.
std::vector<config::Diagnostic> without(const std::vector<config::Diagnostic>& diagnostics,
                                        const std::vector<config::Diagnostic>& told) {
    std::set<std::string> texts;
    for (const auto& diagnostic : told)
        texts.insert(config::format(diagnostic));
    std::vector<config::Diagnostic> others;
    for (const auto& diagnostic : diagnostics) {
        if (!texts.contains(config::format(diagnostic)))
            others.push_back(diagnostic);
    }
    return others;
}

/// True if what holds the process means its descendants too.
bool includes_descendants(const Guard& guard, Pid pid) {
    const auto held = guard.holdings().find(pid);
    return held != guard.holdings().end() && held->second.children == Children::Include;
}

/// What load_shipped_config loads, for a message.
std::string name_of_shipped(const ConfigPaths& paths) {
    return paths.rule_directories_are_given ? "the rules in " + paths.rule_directories.back()
                                            : "the shipped rules";
}

}  // namespace

Service::Service(Options options)
    : options_(std::move(options)),
      loop_([](const char* what) { spdlog::error("unexpected, going on: {}", what); }),
      table_(must(sys::Procfs::open()), sys::find_cgroup_mount()),
      runtime_directory_(make_and_claim(options_)),
      ledger_(ledger_path(options_.runtime_directory), must(table_.procfs().boot_id())),
      writer_(ledger_),
      guard_(table_, writer_, *this, ::getpid()),
      keeper_(ledger_, table_.cgroup_mount(), keeper_hooks()),
      kills_(options_.state_directory + "/kills", must(table_.procfs().boot_id())),
      kill_watch_(loop_, table_.cgroup_mount() ? *table_.cgroup_mount() : "", kill_hooks()),
      finder_(loop_, guard_, table_,
              {options_.paths.settings_file, options_.paths.rule_directories}, finder_hooks()),
      bus_(loop_, *this, options_.bus),
      change_timer_(loop_.add_timer([this] { tell_changes(); })),
      oomd_timer_(loop_.add_timer([this] { keep_oomd_told(); })) {
    for (const int signal : {SIGTERM, SIGINT})
        signals_.push_back(loop_.add_signal(signal, [this] { loop_.exit(0); }));
    signals_.push_back(loop_.add_signal(SIGHUP, [this] { reload(); }));
}

int Service::run() {
    if (const auto missing = missing_directories(options_.paths); !missing.empty())
        throw std::runtime_error("there is no rule directory " + missing.front());
    processes_are_hidden_ = !table_.open(1);
    loop_.enable_watchdog();
    load_first();
    take_over_ledger();
    open_kills();
    // Before the sweep, so that those who listen hear of everything that is held.
    bus_.start();
    configure_sources();
    finder_.sweep();
    notify_ready(status_text());
    tell_changes();
    spdlog::info("oom-guardd {} guards: {}", OOMGUARD_VERSION, status_text());
    const int status = loop_.run();
    stop();
    return status;
}

void Service::stop() {
    notify_stopping();
    // The loop has ended, and a timer armed now would throw: what changes is told no more.
    change_pending_ = true;
    oomd_pending_ = true;
    bus_.stop();
    if (!settings_.restore_on_stop || settings_.dry_run) {
        spdlog::info("stopping; {}", left_text());
        return;
    }
    const std::size_t marks_left = keeper_.release_all();
    guard_.release_all(Clock::now());
    if (marks_left > 0)
        spdlog::error("stopping; what systemd-oomd is told of {} could not be taken back",
                      counted(marks_left, "cgroup"));
    if (const std::size_t left = guard_.holdings().size(); left > 0)
        spdlog::error("stopping; {} could not be given back", counted(left, "score"));
    else
        spdlog::info("stopping; every original score was given back");
}

Finder::Hooks Service::finder_hooks() {
    return {
        .source_changed =
            [this](const SourceState& source) {
                if (source.works())
                    spdlog::info("source {} works", source.name);
                changed();
            },
        .overrun =
            [](const std::string& source, const std::string& what) {
                spdlog::warn("source {} lost events, looking at every process: {}", source, what);
            },
        .sweep_failed =
            [this](const Error& error) {
                sweep_failure_ = error.message();
                changed();
            },
        .files_changed = [this] { load_again(false); },
        .attributes_changed =
            [this](const std::string& directory) { on_attributes_changed(directory); },
        .ended = [this](Pid pid, int signal) { kill_watch_.ended(pid, signal); },
        .killed_in =
            [this](const std::string& directory, std::uint64_t count) {
                kill_watch_.killed_in(cgroup_of(directory), count);
            },
        .swept =
            [this] {
                sweep_failure_.clear();
                keep_oomd_told();
                kill_watch_.look_into_journal();
                finder_.set_kills_wanted(kill_watch_.misses_kernel_log());
                note_who_is_there();
                changed();
            },
        .changes = [this](Pid pid) { last_seen_.forget_name(pid); },
        .settled = [this](Pid pid) { note_settled(pid); },
    };
}

void Service::load_first() {
    auto loaded = load_config(options_.paths);
    fingerprint_ = loaded.fingerprint;
    if (loaded.errors() == 0) {
        put_in_force(std::move(loaded));
        return;
    }
    auto shipped = load_shipped_config(options_.paths);
    const std::string shipped_rules = name_of_shipped(options_.paths);
    const bool has_shipped = shipped.errors() == 0;
    reject(loaded, has_shipped ? "only " + shipped_rules + " are in force"
                               : "no rules are in force, as " + shipped_rules + " have errors too");
    if (!has_shipped) {
        log_findings(without(shipped.diagnostics, loaded.diagnostics));
        shipped = {};
    }
    // The defaults, if the settings had an error too.
    shipped.settings = loaded.settings;
    shipped.diagnostics.clear();
    put_in_force(std::move(shipped));
}

void Service::take_over_ledger() {
    const auto opened = options_.dry_run ? ledger_.open_read_only() : ledger_.open();
    if (!opened)
        spdlog::error("the original scores of an earlier run are not known: {}",
                      opened.error().message());
    if (ledger_.ledger().bad_lines > 0)
        spdlog::warn(
            "the record of original scores had {} that could not be read, ignoring "
            "them",
            counted(ledger_.ledger().bad_lines, "line"));
    const std::size_t found = ledger_.ledger().entries.size();
    guard_.adopt(Ledger(ledger_.ledger()));
    keeper_.adopt();
    if (found > 0)
        spdlog::info("took over {} of an earlier run, of {} on record",
                     counted(guard_.holdings().size(), "process", "processes"), found);
    if (const auto pins = guard_.pins().owners().size(); pins > 0)
        spdlog::info("took over what Hold had asked for: {}",
                     counted(pins, "process", "processes"));
    if (const auto marks = ledger_.ledger().marks.size(); marks > 0)
        spdlog::info("took over what systemd-oomd was told of {}", counted(marks, "cgroup"));
}

Control::ReloadOutcome Service::reload() {
    return load_again(true);
}

Control::ReloadOutcome Service::load_again(bool even_if_unchanged) {
    auto loaded = load_config(options_.paths);
    if (!even_if_unchanged && loaded.fingerprint == fingerprint_)
        return {.done = true, .diagnostics = {}};
    fingerprint_ = loaded.fingerprint;
    ReloadOutcome outcome{.done = loaded.errors() == 0,
                          .diagnostics = config::format(loaded.diagnostics)};
    notify_reloading();
    if (outcome.done) {
        rejection_.clear();
        put_in_force(std::move(loaded));
        configure_sources();
        finder_.rules_changed();
        finder_.sweep();
        const std::size_t rules = guard_.rules().rules().size();
        history_.rules_reloaded(generation_, rules);
        bus_.with_object([](ManagerObject& object) { object.rules_reloaded(); });
        spdlog::info("rules loaded, generation {}: {}", generation_, counted(rules, "rule"));
    } else {
        const std::size_t rules = guard_.rules().rules().size();
        reject(loaded, fmt::format("the {} of generation {} {} in force", counted(rules, "rule"),
                                   generation_, rules == 1 ? "stays" : "stay"));
        history_.rules_rejected(generation_);
        bus_.with_object(
            [&](ManagerObject& object) { object.rules_rejected(outcome.diagnostics); });
    }
    notify_ready(status_text());
    tell_changes();
    return outcome;
}

void Service::put_in_force(LoadedConfig config) {
    log_findings(config.diagnostics);
    const bool was_dry_run = dry_run();
    settings_ = std::move(config.settings);
    settings_.dry_run = settings_.dry_run || options_.dry_run;
    if (dry_run() != was_dry_run)
        spdlog::warn("{}", dry_run() ? "dry run from now on: nothing is written"
                                     : "the dry run has ended: scores are written from now on");
    set_log_level(options_.log_level.value_or(settings_.log_level));
    guard_.set_options({.dry_run = settings_.dry_run,
                        .keep_adopted = !rejection_.empty(),
                        .exempt_cgroups = settings_.exempt_cgroups,
                        .system_accounts = sys::read_system_accounts(),
                        .most_holdings = settings_.limits.held_processes,
                        .unkillable_percent = settings_.limits.unkillable_memory});
    guard_.set_rules(std::make_shared<const RuleSet>(std::move(config.rules)));
    ++generation_;
    // Reading files takes far more memory than the rules that come of it.
    sys::unlock_and_trim_memory();
    const auto locked = sys::lock_memory();
    memory_lock_failure_ = locked ? "" : locked.error().message();
}

void Service::configure_sources() {
    privileges_.keep_needed(guard_.rules(), settings_.sources);
    kill_watch_.configure(settings_.sources, kills_.last_sequence());
    finder_.set_kills_wanted(kill_watch_.misses_kernel_log());
    finder_.configure(settings_);
}

void Service::reject(const LoadedConfig& config, const std::string& consequence) {
    log_findings(config.diagnostics);
    rejection_ =
        fmt::format("files rejected, {}: {}", counted(config.errors(), "error"), consequence);
    spdlog::error("{}; see above, or run oom-guardd --check-config", rejection_);
}

std::optional<PinFailure> Service::hold(Pid pid, int value, Children children) {
    const bool had_descendants = includes_descendants(guard_, pid);
    auto failure = guard_.pin(pid, value, children, Clock::now());
    if (!failure && (had_descendants || includes_descendants(guard_, pid)))
        finder_.sweep();
    return failure;
}

std::optional<PinFailure> Service::release(Pid pid) {
    const bool had_descendants = includes_descendants(guard_, pid);
    auto failure = guard_.unpin(pid, Clock::now());
    if (had_descendants || includes_descendants(guard_, pid))
        finder_.sweep();
    return failure;
}

std::vector<SourceState> Service::sources() const {
    auto sources = finder_.sources();
    for (SourceState& source : kill_watch_.sources())
        sources.push_back(std::move(source));
    using Status = SourceState::Status;
    const Status heard = options_.bus == "none"   ? Status::Off
                         : bus_.failure().empty() ? Status::Working
                                                  : Status::Standby;
    sources.push_back({"systemd-oomd", heard,
                       heard == Status::Standby
                           ? "it tells what it kills on the bus, to which there "
                             "is no connection"
                           : ""});
    return sources;
}

std::size_t Service::rescan() {
    return finder_.sweep();
}

}  // namespace oomguard::daemon
