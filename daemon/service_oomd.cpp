// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/text.hpp"
#include "daemon/service.hpp"
#include "sys/machine_memory.hpp"

// How the service has systemd-oomd told what the rules want.
namespace oomguard::daemon {
namespace {

/// systemd-oomd acts by the second, so wishes closer together than this are granted as one.
constexpr std::chrono::milliseconds kWishPause{100};
/// And whoever keeps taking marks away gets them back no more often than this.
constexpr std::chrono::seconds kRepairPause{1};

bool has_swap() {
    const auto memory = sys::machine_memory();
    return !memory || memory->swap > 0;
}

}  // namespace

OomdKeeper::Hooks Service::keeper_hooks() {
    return {
        .changed =
            [this](const std::string& cgroup, const OomdKeeper::Kept& kept) {
                log_.on_oomd_kept(kept, oomd_text(cgroup, kept, surroundings_of(cgroup, kept)));
            },
        .repaired = [this](const std::string& cgroup,
                           const OomdKeeper::Kept& kept) { log_.on_oomd_repaired(cgroup, kept); },
        .given_back = [this](const OomdMark& mark,
                             const Result<void>& done) { log_.on_oomd_given_back(mark, done); },
    };
}

void Service::on_wishes_changed() {
    if (!std::exchange(oomd_pending_, true))
        oomd_timer_.arm_in(kWishPause);
}

void Service::on_attributes_changed(const std::string& cgroup_directory) {
    if (!keeper_.keeps(cgroup_directory) || std::exchange(oomd_pending_, true))
        return;
    oomd_timer_.arm_at(std::max(last_kept_told_ + kRepairPause, Clock::now() + kWishPause));
}

void Service::keep_oomd_told() {
    oomd_pending_ = false;
    last_kept_told_ = Clock::now();
    // Until a sweep has looked at everything nobody knows which marks are not wanted any more.
    const bool keeps_adopted = !rejection_.empty() || guard_.counters().sweeps == 0;
    keeper_.apply(guard_.wishes(), {.dry_run = settings_.dry_run, .keep_adopted = keeps_adopted});
    changed();
}

void Service::systemd_version_is(const std::string& text) {
    // What was marked before this was known was told without it.
    std::set<std::string> news;
    std::set<std::string> told = {""};
    for (const auto& [cgroup, kept] : keeper_.kept())
        told.insert(why_oomd_ignores(kept));
    systemd_version_ = systemd_version_of(text);
    for (const auto& [cgroup, kept] : keeper_.kept()) {
        if (const std::string why = why_oomd_ignores(kept); !told.contains(why))
            news.insert(why);
    }
    for (const std::string& why : news)
        spdlog::warn("cgroups are marked, but not always to effect: {}", why);
    changed();
}

std::string Service::why_oomd_ignores(const OomdKeeper::Kept& kept) const {
    return oomguard::why_oomd_ignores(
        {.is_roots = kept.owner == 0, .has_swap = has_swap(), .systemd_version = systemd_version_});
}

OomdSurroundings Service::surroundings_of(const std::string& cgroup, const OomdKeeper::Kept& kept) {
    OomdSurroundings surroundings;
    surroundings.ignored = why_oomd_ignores(kept);
    const auto others = keeper_.others_in(cgroup, guard_.wishes());
    const auto named = others.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(others.size(), OomdSurroundings::kMostNamed));
    surroundings.unnamed = static_cast<std::size_t>(others.end() - named);
    std::for_each(others.begin(), named, [&](Pid pid) {
        if (const auto snapshot = table_.glance(pid))
            surroundings.others.push_back(
                fmt::format("'{}' (pid {})", printable(snapshot->comm), pid));
    });
    return surroundings;
}

std::optional<Trial> Service::explain_oomd(ProcessId id) {
    const auto wish = guard_.wishes().all().find(id.pid);
    if (wish == guard_.wishes().all().end() || wish->second.id != id)
        return std::nullopt;
    Trial trial{Trial::Outcome::Oomd, wish->second.rule, "", "it has not been looked at yet"};
    const std::string& cgroup = wish->second.cgroup;
    if (const auto kept = keeper_.kept().find(cgroup); kept != keeper_.kept().end())
        trial.reason = oomd_text(cgroup, kept->second, surroundings_of(cgroup, kept->second));
    return trial;
}

void Service::add_oomd_texts(std::vector<std::string>& texts) const {
    using State = OomdKeeper::Kept::State;
    std::size_t failed = 0;
    std::size_t unfit = 0;
    std::map<std::string, std::size_t> ignored;
    for (const auto& [cgroup, kept] : keeper_.kept()) {
        failed += kept.state == State::Failed ? 1U : 0U;
        unfit += kept.state == State::Unfit ? 1U : 0U;
        if (kept.state != State::Marked)
            continue;
        if (const std::string why = why_oomd_ignores(kept); !why.empty())
            ++ignored[why];
    }
    if (failed > 0)
        texts.push_back(counted(failed, "cgroup") +
                        " could not be marked for systemd-oomd; see Explain and the log");
    if (unfit > 0)
        texts.push_back(counted(unfit, "cgroup is", "cgroups are") +
                        " not fit to be marked for systemd-oomd; see Explain and the log");
    for (const auto& [why, count] : ignored)
        texts.push_back(counted(count, "cgroup is", "cgroups are") +
                        " marked, but not always to effect: " + why);
}

}  // namespace oomguard::daemon
