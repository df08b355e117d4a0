// SPDX-License-Identifier: MIT
#include <climits>
#include <memory>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "daemon/bus/manager_object.hpp"
#include "daemon/bus/translation.hpp"

// The methods of the interface. Each says only what it answers with: whether it does is the gate's.
namespace oomguard::daemon {

template <typename... Results, typename Answer>
void ManagerObject::serve(sdbus::Result<Results...>&& result, Answer answer,
                          std::optional<std::uint32_t> target) {
    const auto reply = std::make_shared<sdbus::Result<Results...>>(std::move(result));
    gate_.admit(
        compat::call_of(getObject()), target,
        [reply, answer = std::move(answer)](const Gate::Caller& caller) {
            if constexpr (sizeof...(Results) == 0) {
                answer(caller);
                reply->returnResults();
            } else {
                reply->returnResults(answer(caller));
            }
        },
        [reply](const sdbus::Error& error) { reply->returnError(error); });
}

void ManagerObject::ListProcesses(Reply<std::vector<ProcessRow>> result) {
    serve(std::move(result), [this](const auto& /*caller*/) { return processes(); });
}

void ManagerObject::GetProcess(Reply<std::map<std::string, sdbus::Variant>> result,
                               std::uint32_t pid) {
    serve(std::move(result), [this, pid](const auto& caller) { return details(caller, pid); });
}

void ManagerObject::ListRules(Reply<std::vector<RuleRow>> result) {
    serve(std::move(result), [this](const auto& caller) { return rules(caller); });
}

void ManagerObject::Explain(Reply<std::vector<TrialRow>> result, std::uint32_t pid) {
    serve(std::move(result), [this, pid](const auto& caller) { return trials(caller, pid); });
}

void ManagerObject::Rank(Reply<std::vector<RankRow>> result, std::uint32_t limit) {
    serve(std::move(result), [this, limit](const auto& /*caller*/) { return rank(limit); });
}

void ManagerObject::RankCgroup(Reply<std::vector<RankRow>> result, std::string cgroup,
                               std::uint32_t limit) {
    // At once: what waits for the bus or polkit keeps its whole message, of up to 32 MiB.
    if (cgroup.size() >= PATH_MAX)
        throw make_error(
            "NoSuchCgroup",
            fmt::format("a path of {} bytes is no cgroup's; systemd-cgls shows which there are",
                        cgroup.size()));
    serve(std::move(result), [this, cgroup = std::move(cgroup), limit](const auto& /*caller*/) {
        return rank_cgroup(cgroup, limit);
    });
}

void ManagerObject::ListMemory(Reply<std::vector<MemoryRow>> result) {
    serve(std::move(result), [this](const auto& /*caller*/) { return memory(); });
}

void ManagerObject::ListEvents(Reply<std::vector<EventRow>> result) {
    serve(std::move(result), [this](const auto& /*caller*/) { return events(); });
}

void ManagerObject::ListKills(Reply<std::vector<KillRow>> result) {
    serve(std::move(result), [this](const auto& /*caller*/) { return kills(); });
}

void ManagerObject::Hold(sdbus::Result<>&& result, std::uint32_t pid, std::int32_t value) {
    serve(
        std::move(result),
        [this, pid, value](const auto& caller) { hold(caller, pid, value, Children::Reset); }, pid);
}

void ManagerObject::HoldTree(sdbus::Result<>&& result, std::uint32_t pid, std::int32_t value) {
    serve(
        std::move(result),
        [this, pid, value](const auto& caller) { hold(caller, pid, value, Children::Include); },
        pid);
}

void ManagerObject::Release(sdbus::Result<>&& result, std::uint32_t pid) {
    serve(
        std::move(result), [this, pid](const auto& /*caller*/) { release(pid); }, pid);
}

void ManagerObject::Reload(Reply<std::uint64_t> result) {
    serve(std::move(result), [this](const auto& /*caller*/) { return reload(); });
}

void ManagerObject::Rescan(Reply<std::uint32_t> result) {
    serve(std::move(result), [this](const auto& /*caller*/) { return rescan(); });
}

}  // namespace oomguard::daemon
