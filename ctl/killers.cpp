// SPDX-License-Identifier: MIT
#include "ctl/killers.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/core.h>

#include "core/text.hpp"

namespace oomguard::ctl {
namespace {

std::string kernel_text(const Details& details, const std::vector<RankRow>& ranks) {
    const auto own = std::find_if(ranks.begin(), ranks.end(), [&](const RankRow& row) {
        return row.pid == details.pid && row.start_time == details.start_time;
    });
    if (own == ranks.end())
        return "never kills it: it is no ordinary process, or has ended";
    if (own->points == RankRow::kNever)
        return own->unruled_place == 0
                   ? "never kills it"
                   : fmt::format("never kills it; without the rules it would be number {}",
                                 own->unruled_place);
    const auto killable = std::count_if(ranks.begin(), ranks.end(), [](const RankRow& row) {
        return row.points != RankRow::kNever;
    });
    std::string text =
        fmt::format("would kill it as number {} of {}", own - ranks.begin() + 1, killable);
    if (own->unruled_place == 0)
        text += ", and never without the rules";
    else
        text += fmt::format(", without the rules as number {}", own->unruled_place);
    if (!own->group.empty())
        text += fmt::format("; all of {} dies with it (memory.oom.group)", own->group);
    if (details.memory_limited)
        text += fmt::format(
            "; when its cgroup is full the order is that of: oom-guardctl rank "
            "--cgroup {}",
            details.cgroup);
    return text;
}

std::string oomd_text(const Details& details, const std::vector<RankRow>& ranks) {
    const auto sharers = std::count_if(ranks.begin(), ranks.end(), [&](const RankRow& row) {
        return row.cgroup == details.cgroup && row.pid != details.pid;
    });
    const std::string others = sharers == 0 ? "nothing else is in it"
                                            : counted(static_cast<std::size_t>(sharers),
                                                      "other process", "other processes") +
                                                  (sharers == 1 ? " is in it" : " are in it");
    std::string text = fmt::format("does not look at scores, and kills the whole cgroup {}, {}",
                                   details.cgroup, others);
    if (details.oomd_preference == "omit")
        text += "; told to leave this cgroup alone (omit)";
    else if (details.oomd_preference == "avoid")
        text += "; told to take this cgroup last (avoid)";
    else if (details.oomd_preference == "none")
        text += "; has not been told to spare it";
    const bool is_spared_more = details.oomd_preference == "omit";
    if (!details.oomd_wanted.empty() && details.oomd_wanted != details.oomd_preference &&
        !is_spared_more)
        text += fmt::format("; the rule wants: {}", details.oomd_wanted);
    return text;
}

std::string earlyoom_text(const Details& details) {
    if (details.current == -1000)
        return "never kills it";
    return fmt::format(
        "kills the highest oom_score first; this one has {}, and 666 is that of a "
        "small process nobody touched",
        details.oom_score);
}

}  // namespace

std::string killer_in_sentence(const std::string& killer) {
    if (killer == "kernel")
        return "the kernel";
    return killer == "unknown" ? "someone unknown" : killer;
}

std::vector<KillerView> killer_views(const Details& details, const std::vector<RankRow>& ranks) {
    return {{"kernel", kernel_text(details, ranks)},
            {"systemd-oomd", oomd_text(details, ranks)},
            {"earlyoom", earlyoom_text(details)}};
}

}  // namespace oomguard::ctl
