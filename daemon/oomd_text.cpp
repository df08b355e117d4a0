// SPDX-License-Identifier: MIT
#include "daemon/oomd_text.hpp"

#include "core/text.hpp"

namespace oomguard::daemon {
namespace {

std::string text_of(const OomdKeeper::Kept& kept) {
    switch (kept.state) {
        case OomdKeeper::Kept::State::Marked:
            return kept.was_there ? "has been told by someone else to" : "is told to";
        case OomdKeeper::Kept::State::DryRun:
            return "would be told to";
        case OomdKeeper::Kept::State::Unfit:
        case OomdKeeper::Kept::State::Failed:
            break;
    }
    return "cannot be told to";
}

std::string list_of(const OomdSurroundings& surroundings) {
    std::string list;
    for (const std::string& other : surroundings.others)
        list.append(list.empty() ? "" : ", ").append(other);
    if (surroundings.unnamed > 0)
        list += " and " + std::to_string(surroundings.unnamed) + " more";
    return list;
}

}  // namespace

std::string oomd_text(const std::string& cgroup, const OomdKeeper::Kept& kept,
                      const OomdSurroundings& surroundings) {
    std::string text = "systemd-oomd " + text_of(kept) + " " + preference_text(kept.preference) +
                       " " + printable(cgroup) + ", " + (kept.was_there ? "as" : "by") + " rule '" +
                       kept.rule + "'" + (kept.was_there ? " wants" : "");
    if (!kept.reason.empty())
        return text + ": " + printable(kept.reason);
    if (!surroundings.others.empty())
        text += "; others in it are spared too: " + list_of(surroundings);
    if (!surroundings.ignored.empty())
        text += "; " + surroundings.ignored;
    return text;
}

std::string oomd_given_back_text(const OomdMark& mark, const Result<void>& done) {
    const std::string what =
        std::string(preference_text(mark.preference)) + " " + printable(mark.cgroup);
    if (done)
        return "systemd-oomd is no longer told to " + what;
    return "cannot take back that systemd-oomd is told to " + what + ": " +
           printable(done.error().message());
}

}  // namespace oomguard::daemon
