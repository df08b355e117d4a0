// SPDX-License-Identifier: MIT
#include "daemon/finder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/realtime.hpp"

namespace oomguard::daemon {
namespace {

/// Looks in one go, before the loop turns to what else is waiting.
constexpr std::size_t kMostLooks = 256;
/// Rings of the doorbell closer together than this are answered by one look.
constexpr std::chrono::milliseconds kRingPause{10};
/// Sweeps asked for by sources that keep losing events are no closer together than this.
constexpr std::chrono::seconds kResweepPause{1};

/// The executables that rules name exactly.
std::vector<std::string> executables_of(const RuleSet& rules) {
    std::vector<std::string> executables;
    for (const Rule& rule : rules.rules()) {
        for (const Pattern& pattern : rule.match.exe) {
            if (pattern.is_exact())
                executables.push_back(pattern.exact());
        }
    }
    return executables;
}

}  // namespace

Finder::Finder(EventLoop& loop, Guard& guard, ProcessTable& table, RuleFileSource::Paths paths,
               Hooks hooks)
    : guard_(guard),
      table_(table),
      hooks_(std::move(hooks)),
      proc_connector_(loop, *this),
      cgroups_(loop, *this),
      doorbell_(loop, *this),
      rule_files_(loop, *this, std::move(paths)),
      pending_timer_(loop.add_timer([this] { pending_timer_fired(); })),
      newcomer_timer_(loop.add_timer([this] { look_for_newcomers(); })),
      sweep_timer_(loop.add_timer([this] { sweep(); })),
      resweep_timer_(loop.add_timer([this] { sweep(); })) {}

void Finder::configure(const config::Settings& settings) {
    settings_ = settings;
    is_configured_ = false;
    const auto& wanted = settings_.sources;
    wanted.proc_connector ? proc_connector_.start() : proc_connector_.stop();
    wanted.cgroups ? cgroups_.start() : cgroups_.stop();
    wanted.rule_files ? rule_files_.start() : rule_files_.stop();
    sweep_state_.status = wanted.sweep ? SourceState::Status::Working : SourceState::Status::Off;
    is_configured_ = true;
    ring_or_rest();
    arm_sweep_timer();
}

void Finder::rules_changed() {
    if (doorbell_.state().works())
        doorbell_.stop();
    ring_or_rest();
}

void Finder::vouch_for_forks() {
    guard_.set_forks_are_told(proc_connector_.state().works() && has_all_forks_);
}

void Finder::ring_or_rest() {
    vouch_for_forks();
    if (!settings_.sources.exec_doorbell) {
        doorbell_.stop();
    } else if (proc_connector_.state().works()) {
        doorbell_.stand_by("not needed while proc-connector works");
    } else if (doorbell_.state().works()) {
        return;
    } else if (proc_connector_.state().status == SourceState::Status::Standby) {
        doorbell_.stand_by("not needed if proc-connector works");
    } else {
        doorbell_.start(executables_of(guard_.rules()));
    }
}

std::vector<SourceState> Finder::sources() const {
    return {proc_connector_.state(), cgroups_.state(), doorbell_.state(), rule_files_.state(),
            sweep_state_};
}

std::size_t Finder::sweep() {
    resweep_pending_ = false;
    resweep_timer_.disarm();
    last_sweep_ = Clock::now();
    last_sweep_usec_ = realtime_usec();
    // First, so that it is armed whatever happens below.
    arm_sweep_timer();
    const auto looked = guard_.sweep(last_sweep_, [this] { proc_connector_.catch_up(); });
    if (looked)
        hooks_.swept();
    else
        hooks_.sweep_failed(looked.error());
    if (looked && std::exchange(is_caught_up_, false)) {
        has_all_forks_ = true;
        vouch_for_forks();
    }
    return looked ? *looked : 0;
}

void Finder::found(Pid pid) {
    hooks_.changes(pid);
    pending_.found(pid, Clock::now());
}

void Finder::forked(Pid pid, Pid parent) {
    const Time now = Clock::now();
    // At once: a parent that ends now, as that of a daemon does, is still known.
    if (pending_.is_due(parent, now))
        guard_.examine(parent, now);
    if (guard_.hands_down(parent))
        guard_.examine(pid, now, parent);
    pending_.forked(
        pid, now,
        guard_.is_child_alike(parent) ? PendingSet::kFirstRecheck : PendingSet::kAfterFork);
}

void Finder::ended(Pid pid, int signal) {
    hooks_.ended(pid, signal);
    pending_.ended(pid);
    guard_.ended(pid, Clock::now());
}

void Finder::all_told() {
    look_at_pending();
}

void Finder::someone_executed() {
    newcomer_timer_.arm_at(std::max(last_newcomer_look_ + kRingPause, Clock::now()));
}

void Finder::overrun(const std::string& source, const std::string& what) {
    ++overruns_;
    hooks_.overrun(source, what);
    if (source == proc_connector_.state().name) {
        has_all_forks_ = is_caught_up_ = false;
        vouch_for_forks();
    }
    sweep_soon();
}

void Finder::caught_up() {
    has_all_forks_ = false;
    is_caught_up_ = true;
    vouch_for_forks();
    sweep_soon();
}

void Finder::source_changed(const SourceState& state) {
    if (!is_configured_)
        return;
    if (state.name == proc_connector_.state().name)
        ring_or_rest();
    arm_sweep_timer();
    hooks_.source_changed(state);
}

void Finder::files_changed() {
    hooks_.files_changed();
}

void Finder::attributes_changed(const std::string& cgroup_directory) {
    hooks_.attributes_changed(cgroup_directory);
}

void Finder::killed_in(const std::string& cgroup_directory, std::uint64_t count) {
    hooks_.killed_in(cgroup_directory, count);
}

void Finder::pending_timer_fired() {
    pending_armed_for_.reset();
    look_at_pending();
}

void Finder::look_at_pending() {
    const Time now = Clock::now();
    const auto due = pending_.take_due(now, kMostLooks);
    // First, so that it is armed whatever happens below.
    arm_pending_timer();
    for (const Pid pid : due) {
        guard_.examine(pid, now);
        if (!pending_.contains(pid))
            hooks_.settled(pid);
    }
}

void Finder::look_for_newcomers() {
    last_newcomer_look_ = Clock::now();
    auto pids = table_.pids();
    if (!pids) {
        hooks_.sweep_failed(pids.error());
        return;
    }
    std::sort(pids->begin(), pids->end());
    std::vector<Pid> newcomers;
    std::set_difference(pids->begin(), pids->end(), known_pids_.begin(), known_pids_.end(),
                        std::back_inserter(newcomers));
    known_pids_ = std::move(*pids);
    // One of those that are still young may be the one that executed something.
    pending_.hurry(last_newcomer_look_);
    for (const Pid pid : newcomers)
        pending_.found(pid, last_newcomer_look_);
    arm_pending_timer();
}

void Finder::arm_pending_timer() {
    const auto due = pending_.next_due();
    // What is due later will be armed when this has come.
    if (!due || (pending_armed_for_ && *pending_armed_for_ <= *due))
        return;
    pending_timer_.arm_at(*due);
    pending_armed_for_ = due;
}

void Finder::sweep_soon() {
    if (std::exchange(resweep_pending_, true))
        return;
    resweep_timer_.arm_at(std::max(last_sweep_ + kResweepPause, Clock::now()));
}

void Finder::arm_sweep_timer() {
    if (settings_.sources.sweep)
        sweep_timer_.arm_at(std::max(last_sweep_ + sweep_interval(), Clock::now()));
    else
        sweep_timer_.disarm();
}

std::chrono::milliseconds Finder::sweep_interval() const {
    const bool has_events =
        proc_connector_.state().works() || cgroups_.state().works() || doorbell_.state().works();
    return has_events ? settings_.sweep_interval : settings_.sweep_interval_without_events;
}

}  // namespace oomguard::daemon
