// SPDX-License-Identifier: MIT
#include "ctl/originals.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/match.hpp"
#include "ctl/bus/errors.hpp"
#include "daemon/linux_process_table.hpp"
#include "daemon/pins.hpp"

namespace oomguard::ctl {
namespace {

// No pid is as high: a process that has ended for sure.
constexpr ProcessId kEnded{std::numeric_limits<Pid>::max(), 0};

/// Reads what it takes. False if that cannot be read.
bool is_matched(const Rule& rule, daemon::Process& process) {
    Truth truth = matches(rule, process.snapshot());
    while (truth.kind == Truth::Kind::Unknown) {
        if (!process.read(truth.needed))
            return false;
        truth = matches(rule, process.snapshot());
    }
    return truth.kind == Truth::Kind::Yes;
}

/// The process's descent, for a guard that never saw its forebears.
std::optional<Descent> descent_of(const ProcessRow& row, const std::vector<Rule>& rules,
                                  daemon::ProcessTable& table) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& one) {
        return one.name == row.rule && one.children == Children::Include;
    });
    if (rule == rules.end())
        return std::nullopt;
    const auto process = table.open(static_cast<Pid>(row.pid));
    if (!process || (*process)->snapshot().id.start_time != row.start_time ||
        is_matched(*rule, **process))
        return std::nullopt;
    return Descent{kEnded, row.rule};
}

/// What the daemon has on record of the process. Where it was refused or holds nothing, what the
/// process carries is what was written last, if anything was.
Written written_of(const ProcessRow& row) {
    const bool is_written = row.state == "held" || row.state == "drifting";
    Written written;
    written.original = row.original;
    written.value = is_written ? row.wanted : row.current;
    return written;
}

/// Of one that Hold or HoldTree holds; none if it has ended.
std::optional<Children> children_of(Manager& manager, const ProcessRow& row) {
    try {
        const Details details = manager.details(row.pid);
        if (details.start_time != row.start_time)
            return std::nullopt;
        return details.children == "include" ? Children::Include : Children::Reset;
    } catch (const Failure& failure) {
        if (failure.code() != ExitCode::NoSuch)
            throw;
        return std::nullopt;
    }
}

/// All that the daemon has on record.
Ledger ledger_of(Manager& manager, const std::vector<Rule>& rules, daemon::ProcessTable& table) {
    Ledger ledger;
    for (const ProcessRow& row : manager.processes()) {
        const auto pid = static_cast<Pid>(row.pid);
        if (row.rule == daemon::pin_name(pid)) {
            const auto children = children_of(manager, row);
            if (!children)
                continue;
            ledger.pins[pid] = {row.start_time, row.wanted, *children};
        }
        Written written = written_of(row);
        written.descent = descent_of(row, rules, table);
        ledger.hold({pid, row.start_time}, std::move(written));
    }
    return ledger;
}

}  // namespace

Originals originals_of(Session& session, const std::vector<Rule>& rules) {
    Originals originals;
    try {
        Manager& manager = session.manager();
        originals.daemon_pid = manager.pid();
        auto procfs = sys::Procfs::open();
        if (!procfs)
            return originals;
        daemon::LinuxProcessTable table(*std::move(procfs), errno_error(ENOENT, "not asked for"));
        originals.ledger = ledger_of(manager, rules, table);
    } catch (const NotRunning&) {
        return originals;
    } catch (const Failure& failure) {
        originals.unknown = failure.what();
    }
    return originals;
}

}  // namespace oomguard::ctl
