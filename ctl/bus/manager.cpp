// SPDX-License-Identifier: MIT
#include "ctl/bus/manager.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>
#include <poll.h>

#include "core/text.hpp"
#include "ctl/bus/connection.hpp"
#include "ctl/bus/errors.hpp"
#include "ctl/failure.hpp"
#include "sys/procfs.hpp"

namespace oomguard::ctl {
namespace {

/// What GetAll and GetProcess answer.
template <typename Map>
class Values {
  public:
    Values(Map values, const std::string& host) : values_(std::move(values)), host_(host) {}

    /// The value of a key; of one that an older daemon does not tell, nothing. Throws Failure.
    template <typename Value>
    void take(const char* key, Value& value) const {
        const auto found = values_.find(typename Map::key_type(key));
        if (found == values_.end())
            return;
        try {
            value = found->second.template get<Value>();
        } catch (const sdbus::Error& error) {
            throw is_other_version(fmt::format("{}: {}", key, error.getMessage()), host_);
        }
    }

  private:
    Map values_;
    const std::string& host_;
};

/// Empty if they cannot be read.
std::string arguments_of(const Details& details) {
    const auto procfs = sys::Procfs::open();
    const auto process = procfs ? procfs->open_process(static_cast<Pid>(details.pid))
                                : Result<sys::ProcDir>(procfs.error());
    auto snapshot = process ? process->read_stat() : process.error();
    if (!snapshot || snapshot->id.start_time != details.start_time ||
        !process->read_cmdline(*snapshot))
        return {};
    return printable(snapshot->cmdline);
}

RankRow rank_row(const auto& row) {
    return {.pid = row.template get<0>(),
            .start_time = row.template get<1>(),
            .name = row.template get<2>(),
            .user = row.template get<3>(),
            .cgroup = row.template get<4>(),
            .rule = row.template get<5>(),
            .memory = row.template get<6>(),
            .score = row.template get<7>(),
            .unruled_score = row.template get<8>(),
            .points = row.template get<9>(),
            .unruled_points = row.template get<10>(),
            .unruled_place = row.template get<11>(),
            .group = row.template get<12>()};
}

KillRow kill_row(const auto& row) {
    const std::int32_t score = row.template get<7>();
    return {.when = row.template get<0>(),
            .pid = row.template get<1>(),
            .start_time = row.template get<2>(),
            .name = row.template get<3>(),
            .user = row.template get<4>(),
            .cgroup = row.template get<5>(),
            .rule = row.template get<6>(),
            .score = score == KillRow::kNoScore ? std::nullopt : std::optional(score),
            .killer = row.template get<8>(),
            .memory = row.template get<9>(),
            .limit = row.template get<10>(),
            .situation = row.template get<11>(),
            .why = row.template get<12>(),
            .batch = row.template get<13>()};
}

template <typename Row, typename Rows, typename Make>
std::vector<Row> converted(const Rows& rows, Make make) {
    std::vector<Row> result;
    result.reserve(rows.size());
    std::transform(rows.begin(), rows.end(), std::back_inserter(result), make);
    return result;
}

}  // namespace

/// Calls, and says in people's words why that failed.
template <typename Call>
auto Manager::told(Call call) const {
    try {
        return call();
    } catch (const sdbus::Error& error) {
        throw failure_of(error, host_);
    }
}

Manager::Manager(const std::string& host)
    : host_(host), connection_(told([&] { return std::make_unique<Connection>(host); })) {}

Manager::~Manager() = default;

std::int32_t Manager::pid() {
    return told([&] { return connection_->daemon_pid(); });
}

DaemonState Manager::state() {
    const Values all(told([&] { return connection_->proxy().GetAll(kInterface); }), host_);
    DaemonState state;
    all.take("Version", state.version);
    all.take("StartedUSec", state.started);
    all.take("Generation", state.generation);
    all.take("RuleCount", state.rules);
    all.take("ProcessCount", state.processes);
    all.take("Degraded", state.degraded);
    all.take("DryRun", state.dry_run);
    all.take("Written", state.written);
    all.take("DriftsRepaired", state.drifts_repaired);
    all.take("WritesRefused", state.writes_refused);
    all.take("Overruns", state.overruns);
    all.take("Sweeps", state.sweeps);
    all.take("LastSweepUSec", state.last_sweep);
    all.take("SignalsSuppressed", state.signals_suppressed);
    std::vector<sdbus::Struct<std::string, bool, std::string>> sources;
    all.take("Sources", sources);
    state.sources = converted<SourceRow>(sources, [](const auto& row) -> SourceRow {
        return {row.template get<0>(), row.template get<1>(), row.template get<2>()};
    });
    return state;
}

std::vector<ProcessRow> Manager::processes() {
    return converted<ProcessRow>(told([&] { return connection_->proxy().ListProcesses(); }),
                                 [](const auto& row) -> ProcessRow {
                                     return {.pid = row.template get<0>(),
                                             .start_time = row.template get<1>(),
                                             .name = row.template get<2>(),
                                             .user = row.template get<3>(),
                                             .rule = row.template get<4>(),
                                             .original = row.template get<5>(),
                                             .wanted = row.template get<6>(),
                                             .current = row.template get<7>(),
                                             .state = row.template get<8>()};
                                 });
}

std::vector<MemoryRow> Manager::memory() {
    return converted<MemoryRow>(
        told([&] { return connection_->proxy().ListMemory(); }), [](const auto& row) -> MemoryRow {
            return {row.template get<0>(), row.template get<1>(), row.template get<2>()};
        });
}

std::vector<RuleRow> Manager::rules() {
    return converted<RuleRow>(told([&] { return connection_->proxy().ListRules(); }),
                              [](const auto& row) -> RuleRow {
                                  return {.name = row.template get<0>(),
                                          .origin = row.template get<1>(),
                                          .value = row.template get<2>(),
                                          .held = row.template get<3>(),
                                          .refused = row.template get<4>(),
                                          .matches = row.template get<5>()};
                              });
}

std::vector<Event> Manager::events() {
    return converted<Event>(told([&] { return connection_->proxy().ListEvents(); }),
                            [](const auto& row) -> Event {
                                return {.when = row.template get<0>(),
                                        .kind = row.template get<1>(),
                                        .pid = row.template get<2>(),
                                        .start_time = row.template get<3>(),
                                        .name = row.template get<4>(),
                                        .rule = row.template get<5>(),
                                        .before = row.template get<6>(),
                                        .after = row.template get<7>(),
                                        .detail = row.template get<8>()};
                            });
}

std::vector<KillRow> Manager::kills() {
    return converted<KillRow>(told([&] { return connection_->proxy().ListKills(); }),
                              [](const auto& row) { return kill_row(row); });
}

Details Manager::details(std::uint32_t pid) {
    const Values all(told([&] { return connection_->proxy().GetProcess(pid); }), host_);
    Details details;
    all.take("Pid", details.pid);
    all.take("StartTime", details.start_time);
    all.take("Name", details.name);
    all.take("Uid", details.uid);
    all.take("User", details.user);
    all.take("Cgroup", details.cgroup);
    all.take("ParentPid", details.parent_pid);
    all.take("Rule", details.rule);
    all.take("Origin", details.origin);
    all.take("Value", details.value);
    all.take("Children", details.children);
    all.take("Original", details.original);
    all.take("Wanted", details.wanted);
    all.take("Current", details.current);
    all.take("State", details.state);
    all.take("Drifts", details.drifts);
    all.take("LastError", details.last_error);
    all.take("Exe", details.exe);
    all.take("Unit", details.unit);
    all.take("Memory", details.memory);
    all.take("OomScore", details.oom_score);
    all.take("MemoryLimited", details.memory_limited);
    all.take("OomdPreference", details.oomd_preference);
    all.take("OomdWanted", details.oomd_wanted);
    if (host_.empty())
        details.cmdline = arguments_of(details);
    return details;
}

std::vector<TrialRow> Manager::explain(std::uint32_t pid) {
    return converted<TrialRow>(told([&] { return connection_->proxy().Explain(pid); }),
                               [](const auto& row) -> TrialRow {
                                   return {row.template get<0>(), row.template get<1>(),
                                           row.template get<2>(), row.template get<3>()};
                               });
}

std::vector<RankRow> Manager::rank(std::uint32_t limit) {
    return converted<RankRow>(told([&] { return connection_->proxy().Rank(limit); }),
                              [](const auto& row) { return rank_row(row); });
}

std::vector<RankRow> Manager::rank_cgroup(const std::string& cgroup, std::uint32_t limit) {
    return converted<RankRow>(told([&] { return connection_->proxy().RankCgroup(cgroup, limit); }),
                              [](const auto& row) { return rank_row(row); });
}

void Manager::hold(std::uint32_t pid, std::int32_t value) {
    told([&] { connection_->patient_proxy().Hold(pid, value); });
}

void Manager::hold_tree(std::uint32_t pid, std::int32_t value) {
    told([&] { connection_->patient_proxy().HoldTree(pid, value); });
}

void Manager::release(std::uint32_t pid) {
    told([&] { connection_->patient_proxy().Release(pid); });
}

std::uint64_t Manager::reload() {
    return told([&] { return connection_->patient_proxy().Reload(); });
}

std::uint32_t Manager::rescan() {
    return told([&] { return connection_->patient_proxy().Rescan(); });
}

void Manager::on_event(std::function<void(const Event&)> handler) {
    told([&] { connection_->on_event(std::move(handler)); });
}

bool Manager::wait(std::chrono::milliseconds timeout, int fd) {
    return told([&] { return connection_->wait(timeout, fd); });
}

}  // namespace oomguard::ctl
