// SPDX-License-Identifier: MIT
#include "daemon/restore.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "core/text.hpp"
#include "daemon/event_log.hpp"
#include "daemon/guard.hpp"
#include "daemon/ledger_file.hpp"
#include "daemon/linux_process_table.hpp"
#include "daemon/must.hpp"
#include "daemon/oomd_text.hpp"
#include "daemon/recording_score_writer.hpp"
#include "daemon/runtime_directory.hpp"
#include "sys/cgroupfs.hpp"

namespace oomguard::daemon {
namespace {

void complain(const std::string& text) {
    fmt::print(stderr, "oom-guardd: {}\n", text);
}

/// Tells what could not be done.
class Complaints final : public Observer {
  public:
    void on_held(const Holding& /*holding*/) override {}
    void on_dry_run(const Holding& /*holding*/) override {}
    void on_released(const Holding& /*holding*/, ReleaseReason /*reason*/, int /*value*/) override {
    }
    void on_drifted(const Holding& /*holding*/, int /*found*/, bool /*repaired*/) override {}
    void on_refused(const Holding& holding, const Error& error) override {
        complain(refusal_text(holding, error) +
                 (is_denied(error) ? "; this needs CAP_DAC_OVERRIDE, and CAP_SYS_RESOURCE to lower"
                                   : ""));
    }
    void on_unreadable(Pid pid, const Error& error) override {
        complain(fmt::format("cannot read process {}: {}", pid, error.message()));
    }
};

/// None if there is no such directory, in which nothing can be on record.
std::optional<sys::UniqueFd> claim(const std::string& directory) {
    auto lock = claim_runtime_directory(directory);
    if (lock)
        return std::move(*lock);
    if (lock.error().code == std::errc::no_such_file_or_directory)
        return std::nullopt;
    if (lock.error().code == std::errc::operation_would_block)
        throw std::runtime_error("another oom-guardd uses " + directory + "; stop it first");
    throw std::runtime_error(lock.error().message());
}

OomdKeeper::Hooks complaints_of_marks() {
    return {.changed = {},
            .repaired = {},
            .given_back = [](const OomdMark& mark, const Result<void>& done) {
                if (!done)
                    complain(oomd_given_back_text(mark, done));
            }};
}

struct Outcome {
    std::size_t given_back = 0;
    std::size_t left = 0;
    std::size_t marks_taken_back = 0;
    std::size_t marks_left = 0;
    std::size_t bad_lines = 0;
};

Outcome restore_all(const std::string& directory) {
    LinuxProcessTable table(must(sys::Procfs::open()),
                            errno_error(ENOENT, "restore: limits do not matter"));
    LedgerFile file(ledger_path(directory), must(table.procfs().boot_id()));
    if (const auto opened = file.open(); !opened)
        throw std::runtime_error("the original scores are not known: " + opened.error().message());
    RecordingScoreWriter writer(file);
    Complaints complaints;
    Guard guard(table, writer, complaints, ::getpid());
    const Ledger ledger = file.ledger();
    guard.adopt(ledger);
    guard.release_all(Clock::now());
    OomdKeeper keeper(file, sys::find_cgroup_mount(), complaints_of_marks());
    const std::size_t marks = ledger.marks.size();
    const std::size_t marks_left = keeper.release_all();
    // Also if not all could be given back, or the next daemon would hold them again.
    guard.unpin_all();
    return {guard.counters().written, guard.holdings().size(), marks - marks_left, marks_left,
            ledger.bad_lines};
}

}  // namespace

int restore_scores(const std::string& runtime_directory) {
    Outcome outcome;
    if (const auto lock = claim(runtime_directory))
        outcome = restore_all(runtime_directory);
    fmt::print("{} given back\n", counted(outcome.given_back, "score"));
    if (outcome.marks_taken_back > 0)
        fmt::print("what systemd-oomd was told of {} taken back\n",
                   counted(outcome.marks_taken_back, "cgroup"));
    if (outcome.left > 0)
        complain(counted(outcome.left, "score") + " could not be given back");
    if (outcome.marks_left > 0)
        complain("what systemd-oomd is told of " + counted(outcome.marks_left, "cgroup") +
                 " could not be taken back");
    if (outcome.bad_lines > 0)
        complain(counted(outcome.bad_lines, "line") +
                 " of the record of original scores could not be read");
    return outcome.left + outcome.marks_left + outcome.bad_lines == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace oomguard::daemon
