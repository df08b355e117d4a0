// SPDX-License-Identifier: MIT
#include "ctl/rehearsal.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "core/text.hpp"
#include "ctl/failure.hpp"
#include "daemon/linux_process_table.hpp"
#include "sys/accounts.hpp"
#include "sys/cgroupfs.hpp"
#include "sys/system_accounts.hpp"

namespace oomguard::ctl {
namespace {

using daemon::Holding;
using daemon::Process;
using daemon::ProcessTable;

Error read_only() {
    return errno_error(EROFS, "write a score in a rehearsal");
}

/// What is looked at; nothing can be written to it.
class Spectator final : public Process {
  public:
    Spectator(std::unique_ptr<Process> process, std::set<Pid>& without_exe)
        : process_(std::move(process)), without_exe_(without_exe) {}

    [[nodiscard]] const Snapshot& snapshot() const override { return process_->snapshot(); }

    Result<void> read(Field field) override {
        auto done = process_->read(field);
        const Snapshot& seen = snapshot();
        if (done && field == Field::Exe && seen.exe.empty() && !seen.kernel_thread && !seen.zombie)
            without_exe_.insert(seen.id.pid);
        return done;
    }

    Result<int> read_score() override { return process_->read_score(); }
    Result<void> write_score(int /*value*/) override { return read_only(); }

  private:
    std::unique_ptr<Process> process_;
    std::set<Pid>& without_exe_;
};

/// The processes of the machine, but for this one.
class Audience final : public ProcessTable {
  public:
    Audience(sys::Procfs procfs, const Result<std::string>& cgroup_mount,
             std::optional<std::vector<Pid>> pids)
        : table_(std::move(procfs), cgroup_mount), pids_(std::move(pids)) {}

    Result<std::vector<Pid>> pids() override {
        if (pids_)
            return *pids_;
        auto pids = table_.pids();
        if (!pids)
            return pids;
        std::erase(*pids, ::getpid());
        pids_ = *pids;
        return pids;
    }

    Result<std::unique_ptr<Process>> open(Pid pid) override {
        auto process = table_.open(pid);
        if (!process)
            return process;
        return std::unique_ptr<Process>(
            std::make_unique<Spectator>(*std::move(process), without_exe_));
    }

    std::uint64_t machine_memory() override { return table_.machine_memory(); }
    std::uint64_t machine_memory_in_use() override { return table_.machine_memory_in_use(); }
    Result<Snapshot> glance(Pid pid) override { return table_.glance(pid); }

    [[nodiscard]] const sys::Procfs& procfs() const { return table_.procfs(); }
    /// How many have an executable that may not be read. One that is about to end has none.
    [[nodiscard]] std::size_t without_exe() const {
        return static_cast<std::size_t>(
            std::count_if(without_exe_.begin(), without_exe_.end(), [this](Pid pid) {
                const auto dir = table_.procfs().open_process(pid);
                const auto exe = dir ? dir->read_exe() : dir.error();
                return !exe && is_denied(exe.error());
            }));
    }
    [[nodiscard]] const std::optional<std::vector<Pid>>& looked_at() const { return pids_; }

  private:
    daemon::LinuxProcessTable table_;
    std::optional<std::vector<Pid>> pids_;
    std::set<Pid> without_exe_;
};

class NoWriter final : public daemon::ScoreWriter {
  public:
    Result<Written> write(Process& /*process*/, const std::optional<Written>& /*previous*/,
                          Written /*next*/) override {
        return read_only();
    }
    void record(ProcessId /*id*/, const Written& /*written*/) override {}
    Result<void> restore(Process& /*process*/, const Written& /*written*/, int /*score*/) override {
        return read_only();
    }
    void forget(ProcessId /*id*/) override {}
    void pin(ProcessId /*id*/, int /*value*/, Children /*children*/) override {}
    void unpin(ProcessId /*id*/) override {}
};

/// Counts what could not be read.
class Attention final : public daemon::Observer {
  public:
    void on_held(const Holding& /*holding*/) override {}
    void on_dry_run(const Holding& /*holding*/) override {}
    void on_released(const Holding& /*holding*/, daemon::ReleaseReason /*reason*/,
                     int /*value*/) override {}
    void on_drifted(const Holding& /*holding*/, int /*found*/, bool /*repaired*/) override {}
    void on_refused(const Holding& /*holding*/, const Error& /*error*/) override {}
    void on_unreadable(Pid pid, const Error& /*error*/) override { unreadable_.insert(pid); }

    [[nodiscard]] std::size_t unreadable() const { return unreadable_.size(); }

  private:
    std::set<Pid> unreadable_;
};

sys::Procfs open_procfs() {
    auto procfs = sys::Procfs::open();
    if (!procfs)
        throw Failure(ExitCode::Failed, procfs.error().message());
    return *std::move(procfs);
}

}  // namespace

/// All that the guard works with.
class Rehearsal::Stage {
  public:
    explicit Stage(Plan plan)
        : cgroup_mount(sys::find_cgroup_mount()),
          audience(open_procfs(), cgroup_mount, std::move(plan.pids)),
          guard(audience, writer, attention, plan.daemon_pid.value_or(::getpid())) {
        guard.set_options({.dry_run = true,
                           .exempt_cgroups = std::move(plan.settings.exempt_cgroups),
                           .system_accounts = sys::read_system_accounts(),
                           .most_holdings = plan.settings.limits.held_processes,
                           .unkillable_percent = plan.settings.limits.unkillable_memory});
        guard.set_rules(std::make_shared<const RuleSet>(std::move(plan.rules)));
        guard.adopt(plan.originals);
        if (const auto swept = guard.sweep(daemon::Clock::now()); !swept)
            throw Failure(ExitCode::Failed,
                          "cannot list the processes: " + swept.error().message());
    }

    Result<std::string> cgroup_mount;
    Audience audience;
    NoWriter writer;
    Attention attention;
    daemon::Guard guard;
};

Rehearsal::Rehearsal(Plan plan) : stage_(std::make_unique<Stage>(std::move(plan))) {
    collect_rows();
}

Rehearsal::~Rehearsal() = default;

void Rehearsal::collect_rows() {
    std::map<Uid, std::string> users;
    const auto name_of = [&users](Uid uid) {
        auto& name = users[uid];
        if (name.empty())
            name = printable(sys::user_name(uid));
        return name;
    };
    for (const auto& [pid, holding] : guard().holdings()) {
        Row row{holding.id, printable(holding.name), name_of(holding.uid),
                {},         holding.current,         holding.wanted};
        if (holding.rule_in_force) {
            // None of what Hold asked for, which stays as it is.
            row.rule = guard().rules().index_of(*holding.rule_in_force);
        } else {
            // Of what was taken over, and no rule means, nobody asked whose it is.
            const auto process = stage_->audience.open(pid);
            if (!process || !(*process)->read(Field::Credentials))
                continue;
            row.user = name_of((*process)->snapshot().uid);
        }
        rows_.push_back(std::move(row));
    }
}

const std::vector<Pid>& Rehearsal::pids() const {
    return *stage_->audience.looked_at();
}

std::vector<bool> Rehearsal::idle_rules() {
    std::vector<bool> is_idle(rules().size(), true);
    for (const auto& [rule, share] : guard().held_back())
        is_idle[rule] = false;
    for (const Pid pid : pids()) {
        const auto found = stage_->guard.inspect(pid);
        const auto rule =
            found && found->rule ? guard().rules().index_of(*found->rule) : std::nullopt;
        if (rule)
            is_idle[*rule] = false;
    }
    return is_idle;
}

std::vector<std::string> Rehearsal::gaps() const {
    const std::string remedy = ::geteuid() == 0 ? "this takes CAP_SYS_PTRACE" : "ask again as root";
    std::vector<std::string> gaps;
    if (rules().empty())
        return gaps;
    const auto add = [&](const std::string& what, const std::string& how) {
        gaps.push_back(fmt::format("{}, and rules may mean some{}: {}", what, how, remedy));
    };
    if (!stage_->audience.open(1))
        add("the processes of other users are hidden here", "");
    if (const std::size_t count = stage_->audience.without_exe(); count > 0)
        add(fmt::format("the executables of {} could not be read",
                        counted(count, "process", "processes")),
            " by them");
    if (const std::size_t count = stage_->attention.unreadable(); count > 0)
        add(counted(count, "process", "processes") + " could not be read", "");
    return gaps;
}

const daemon::Guard& Rehearsal::guard() const {
    return stage_->guard;
}

const sys::Procfs& Rehearsal::procfs() const {
    return stage_->audience.procfs();
}

const Result<std::string>& Rehearsal::cgroup_mount() const {
    return stage_->cgroup_mount;
}

}  // namespace oomguard::ctl
