// SPDX-License-Identifier: MIT
#include "daemon/kill_watch.hpp"

#include <chrono>
#include <csignal>
#include <ctime>
#include <utility>

#include <unistd.h>

#include "core/text.hpp"
#include "daemon/realtime.hpp"
#include "sys/accounts.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::daemon {
namespace {

/// The clock that the kernel's log goes by is about CLOCK_MONOTONIC.
std::uint64_t log_time() {
    const auto since_boot = Clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count());
}

std::string situation_text() {
    const auto memory = sys::read_memory_info();
    if (!memory)
        return {};
    std::string situation = "of " + bytes_text(memory->total) + " of memory " +
                            bytes_text(memory->available) + " were available just after";
    if (memory->swap_total > 0)
        situation +=
            ", of " + bytes_text(memory->swap_total) + " of swap " + bytes_text(memory->swap_free);
    return situation;
}

}  // namespace

std::uint64_t start_time_now() {
    timespec now{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &now);
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    constexpr std::uint64_t kSecond = 1'000'000'000;  // ns
    return static_cast<std::uint64_t>(now.tv_sec) * ticks +
           static_cast<std::uint64_t>(now.tv_nsec) / (kSecond / ticks);
}

KillWatch::KillWatch(EventLoop& loop, const std::string& cgroup_mount, Hooks hooks)
    : hooks_(std::move(hooks)),
      recorder_(sys::page_size(),
                {.look_up = hooks_.look_up,
                 .user = [](Uid uid) { return printable(sys::user_name(uid)); },
                 .situation = situation_text,
                 .realtime = realtime_usec,
                 .log_time = log_time,
                 .start_time_now = start_time_now,
                 .killed =
                     [this](const Kill& kill, std::optional<std::uint64_t> sequence) {
                         // The journal's are not the kernel's.
                         if (!kernel_log_.state().works())
                             sequence.reset();
                         hooks_.killed(kill, sequence);
                     }}),
      kernel_log_(loop, *this,
                  {.logged =
                       [this](const KernelRecord& record, bool is_past) {
                           recorder_.kernel_logged(record, is_past, Clock::now());
                           arm_timer();
                       },
                   .lost =
                       [this] {
                           hooks_.lost("kernel-log",
                                       "records were overwritten by others before "
                                       "they could be read");
                       }}),
      journal_(loop, *this, cgroup_mount, journal_hooks()),
      timer_(loop.add_timer([this] { settle(); })) {}

JournalSource::Hooks KillWatch::journal_hooks() {
    return {
        .sent =
            [this](const SignalSent& sent) {
                recorder_.signal_sent(sent.killer, sent.pid, sent.name, Clock::now(),
                                      sent.may_be_forged);
                arm_timer();
            },
        .kernel_logged =
            [this](const KernelRecord& record) {
                recorder_.kernel_logged(record, false, Clock::now());
                arm_timer();
            },
        .unit_lost_process =
            [this](const std::string& unit) {
                // systemd knows it from the same file as the cgroups.
                if (!misses_kernel_log() || hooks_.do_cgroups_tell())
                    return;
                recorder_.kernel_killed_in_unit(unit, Clock::now());
                arm_timer();
            },
    };
}

void KillWatch::configure(const config::Settings::Sources& wanted,
                          std::optional<std::uint64_t> last_told) {
    if (!wanted.kernel_log)
        kernel_log_.stop();
    else if (!kernel_log_.state().works())
        kernel_log_.start(last_told);
    is_journal_wanted_ = wanted.journal;
    look_into_journal();
}

void KillWatch::look_into_journal() {
    journal_.set_kernel_wanted(has_no_kernel_log());
    if (is_journal_wanted_)
        journal_.look();
    else
        journal_.stop();
}

void KillWatch::ended(Pid pid, int signal) {
    // What the kernel says of it is there before it ends, but the kernel may be late to wake us.
    if (signal == SIGKILL)
        kernel_log_.catch_up();
    // It may have been one that was started just now. Where the journal cannot be read, that is
    // tried with each sweep only.
    const bool is_kill = signal == SIGKILL || signal == SIGTERM;
    if (is_kill && journal_.state().status == SourceState::Status::Standby)
        look_into_journal();
    recorder_.ended(pid, signal, Clock::now());
    arm_timer();
}

void KillWatch::oomd_killed(const std::string& cgroup, const std::string& reason) {
    recorder_.oomd_killed(cgroup, reason, Clock::now());
    arm_timer();
}

void KillWatch::killed_in(const std::string& cgroup, std::uint64_t count) {
    recorder_.kernel_killed_in(cgroup, count, Clock::now());
    arm_timer();
}

std::vector<SourceState> KillWatch::sources() const {
    return {kernel_log_.state(), journal_.state()};
}

void KillWatch::source_changed(const SourceState& state) {
    recorder_.set_all_ends_count(journal_.state().works());
    hooks_.source_changed(state);
}

void KillWatch::settle() {
    armed_for_.reset();
    recorder_.settle(Clock::now());
    arm_timer();
}

void KillWatch::arm_timer() {
    const auto due = recorder_.next_due();
    // What is due later will be armed when this has come.
    if (!due || (armed_for_ && *armed_for_ <= *due))
        return;
    timer_.arm_at(*due);
    armed_for_ = due;
}

}  // namespace oomguard::daemon
