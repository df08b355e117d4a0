// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger.hpp"
#include "daemon/observer.hpp"
#include "daemon/process_table.hpp"
#include "daemon/score_writer.hpp"

namespace oomguard::daemon {

/// A process of the fake table, to be changed at will.
struct FakeProcess {
    Pid pid = 0;
    std::uint64_t start_time = 0;
    Pid parent = 1;
    std::string comm;
    std::string cgroup = "/";
    std::vector<Uid> cgroup_owners;
    Uid uid = 1000;
    std::uint64_t image = 1;  ///< 0: it may not be seen
    int score = 0;
    int floor = -1000;  ///< the kernel's oom_score_adj_min; a process that nobody touched has 0
    bool memory_limited = false;
    std::uint64_t memory = 0;
    bool kernel_thread = false;
    bool zombie = false;
};

enum class Step { Open, Read, ReadScore, WriteScore };

/// A machine's processes in memory. A process that was opened and has ended since, or whose pid is
/// another's by now, answers ESRCH, as with /proc.
class FakeTable final : public ProcessTable {
  public:
    std::map<Pid, FakeProcess> processes;
    /// What fails with which errno, until it is taken out.
    std::map<std::pair<Step, Pid>, int> faults;
    std::optional<int> list_fault;
    /// Runs before each step: the machine does not stand still.
    std::function<void(Step, Pid)> before = [](Step, Pid) {};
    std::vector<Field> fields_read;
    std::vector<Pid> opened;
    std::uint64_t memory = std::uint64_t{1} << 34;
    std::optional<std::uint64_t> memory_in_use;
    /// Whether CAP_SYS_RESOURCE is in effect: a write is then never refused, and sets the floor.
    bool is_privileged = false;

    FakeProcess& start(Pid pid, const std::string& comm, int score = 0) {
        FakeProcess& process = processes[pid];
        process = {};
        process.pid = pid;
        process.start_time = ++ticks_;
        process.comm = comm;
        process.score = score;
        return process;
    }

    /// A child as fork(2) makes it: all that is the parent's, the score too.
    FakeProcess& fork(Pid parent, Pid pid) {
        FakeProcess& child = processes[pid];
        child = processes.at(parent);
        child.pid = pid;
        child.parent = parent;
        child.start_time = ++ticks_;
        return child;
    }

    void end(Pid pid) { processes.erase(pid); }

    [[nodiscard]] int score(Pid pid) const { return processes.at(pid).score; }
    [[nodiscard]] ProcessId id(Pid pid) const { return {pid, processes.at(pid).start_time}; }

    Result<std::vector<Pid>> pids() override {
        if (list_fault)
            return errno_error(*list_fault, "list /proc");
        std::vector<Pid> pids;
        for (auto at = processes.rbegin(); at != processes.rend(); ++at)
            pids.push_back(at->first);
        return pids;
    }

    std::uint64_t machine_memory() override { return memory; }
    std::uint64_t machine_memory_in_use() override { return memory_in_use.value_or(memory); }
    Result<std::unique_ptr<Process>> open(Pid pid) override;
    Result<Snapshot> glance(Pid pid) override;

    /// The process, unless it has ended, another has its pid, or the step is to fail.
    Result<FakeProcess*> reach(Step step, ProcessId id) {
        before(step, id.pid);
        if (const auto fault = faults.find({step, id.pid}); fault != faults.end())
            return errno_error(fault->second, "step");
        const auto found = processes.find(id.pid);
        if (found == processes.end() || found->second.start_time != id.start_time)
            return errno_error(ESRCH, "step");
        return &found->second;
    }

  private:
    std::uint64_t ticks_ = 1000;
};

class FakeOpenProcess final : public Process {
  public:
    FakeOpenProcess(FakeTable& table, const FakeProcess& process) : table_(table) {
        snapshot_.id = {process.pid, process.start_time};
        snapshot_.parent_pid = process.parent;
        snapshot_.comm = process.comm;
        snapshot_.kernel_thread = process.kernel_thread;
        snapshot_.zombie = process.zombie;
        snapshot_.image = process.image;
    }

    [[nodiscard]] const Snapshot& snapshot() const override { return snapshot_; }

    Result<void> read(Field field) override {
        const auto process = table_.reach(Step::Read, snapshot_.id);
        if (!process)
            return process.error();
        if (!snapshot_.has(field))
            table_.fields_read.push_back(field);
        snapshot_.uid = (*process)->uid;
        snapshot_.groups = {(*process)->uid};
        snapshot_.cgroup = (*process)->cgroup;
        snapshot_.cgroup_owners = (*process)->cgroup_owners;
        snapshot_.memory_limited = (*process)->memory_limited;
        snapshot_.memory = (*process)->memory;
        snapshot_.mark(field);
        return {};
    }

    Result<int> read_score() override {
        const auto process = table_.reach(Step::ReadScore, snapshot_.id);
        if (!process)
            return process.error();
        return (*process)->score;
    }

    Result<void> write_score(int value) override {
        const auto process = table_.reach(Step::WriteScore, snapshot_.id);
        if (!process)
            return process.error();
        if (table_.is_privileged)
            (*process)->floor = value;
        else if (value < (*process)->floor)
            return errno_error(EACCES, "step");
        (*process)->score = value;
        return {};
    }

  private:
    FakeTable& table_;
    Snapshot snapshot_;
};

inline Result<std::unique_ptr<Process>> FakeTable::open(Pid pid) {
    const auto found = processes.find(pid);
    const ProcessId id{pid, found == processes.end() ? 0 : found->second.start_time};
    const auto process = reach(Step::Open, id);
    if (!process)
        return process.error();
    opened.push_back(pid);
    return std::unique_ptr<Process>(std::make_unique<FakeOpenProcess>(*this, **process));
}

inline Result<Snapshot> FakeTable::glance(Pid pid) {
    const std::size_t count = opened.size();
    const auto process = open(pid);
    opened.resize(count);
    return process ? Result<Snapshot>((*process)->snapshot()) : process.error();
}

/// Keeps the contract of ScoreWriter in memory and tells what was asked of it.
class FakeWriter final : public ScoreWriter {
  public:
    Ledger ledger;
    /// Such as "write 10: 0 -> 500"; attempts that fail too.
    std::vector<std::string> calls;

    /// Whether writes lower the floor, as those with CAP_SYS_RESOURCE do.
    bool lowers_floors = false;

    Result<Written> write(Process& process, const std::optional<Written>& previous,
                          Written next) override {
        const ProcessId id = process.snapshot().id;
        calls.push_back("write " + text(id, next));
        put(id, next);
        const auto done = process.write_score(next.value);
        next.floor_lowered = next.floor_lowered || lowers_floors;
        put(id, done ? next : previous.value_or(Written{}));
        if (done)
            return next;
        if (!previous)
            ledger.entries.erase(id.pid);
        return done.error();
    }
    void record(ProcessId id, const Written& written) override {
        calls.push_back("record " + text(id, written));
        put(id, written);
    }
    Result<void> restore(Process& process, const Written& written, int score) override {
        const ProcessId id = process.snapshot().id;
        calls.push_back("restore " + text(id, written) + " to " + std::to_string(score));
        auto done = process.write_score(score);
        if (done)
            forget(id);
        return done;
    }
    void forget(ProcessId id) override {
        const auto found = ledger.entries.find(id.pid);
        if (found != ledger.entries.end() && found->second.start_time == id.start_time)
            ledger.entries.erase(found);
    }

    void pin(ProcessId id, int value, Children children) override {
        calls.push_back("pin " + std::to_string(id.pid) + ": " + std::to_string(value) +
                        (children == Children::Include ? " include" : ""));
        ledger.pins[id.pid] = {id.start_time, value, children};
    }
    void unpin(ProcessId id) override {
        calls.push_back("unpin " + std::to_string(id.pid));
        ledger.unpin(id);
    }

    /// What was asked since the last time.
    std::vector<std::string> take() { return std::exchange(calls, {}); }

  private:
    static std::string text(ProcessId id, const Written& written) {
        return std::to_string(id.pid) + ": " + std::to_string(written.original) + " -> " +
               std::to_string(written.value) + (written.floor_lowered ? " floor" : "");
    }
    void put(ProcessId id, const Written& written) {
        ledger.entries[id.pid] = {id.start_time, written};
    }
};

/// Tells what the guard told, a line each.
class FakeObserver final : public Observer {
  public:
    void on_held(const Holding& holding) override {
        add("held", holding,
            std::to_string(holding.original) + " -> " + std::to_string(holding.wanted) + " by " +
                holding.rule);
    }
    void on_dry_run(const Holding& holding) override {
        add("dry run", holding,
            std::to_string(holding.current) + " -> " + std::to_string(holding.wanted));
    }
    void on_released(const Holding& holding, ReleaseReason reason, int value) override {
        static const std::map<ReleaseReason, std::string> texts = {
            {ReleaseReason::Gone, "gone"},
            {ReleaseReason::Unmatched, "unmatched"},
            {ReleaseReason::Exempt, "exempt"},
            {ReleaseReason::Inherited, "inherited"},
            {ReleaseReason::Stop, "stop"}};
        add("released", holding,
            texts.at(reason) + " at " + std::to_string(value) +
                (holding.rule.empty() ? ", no rule" : ""));
    }
    void on_drifted(const Holding& holding, int found, bool repaired) override {
        add("drifted", holding, std::to_string(found) + (repaired ? " repaired" : " left"));
    }
    void on_refused(const Holding& holding, const Error& error) override {
        add("refused", holding, std::to_string(holding.wanted) + " " + error.message());
    }
    void on_distrusted(const Snapshot& snapshot, const Rule& rule,
                       const std::string& /*why*/) override {
        told_.push_back("distrusted " + std::to_string(snapshot.id.pid) + ": by " + rule.name);
    }
    void on_wishes_changed() override { ++wish_changes; }
    void on_unreadable(Pid pid, const Error& error) override {
        told_.push_back("unreadable " + std::to_string(pid) + ": " + error.message());
    }

    /// What was told since the last time.
    std::vector<std::string> take() { return std::exchange(told_, {}); }

    int wish_changes = 0;

  private:
    void add(const std::string& kind, const Holding& holding, const std::string& what) {
        told_.push_back(kind + " " + std::to_string(holding.id.pid) + ": " + what);
    }

    std::vector<std::string> told_;
};

}  // namespace oomguard::daemon
