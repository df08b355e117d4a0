// SPDX-License-Identifier: MIT
#include "core/process.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace oomguard {

void set_cmdline(Snapshot& snapshot, std::string_view bytes) {
    while (!bytes.empty() && bytes.back() == '\0')
        bytes.remove_suffix(1);
    snapshot.cmdline.assign(bytes);
    std::replace(snapshot.cmdline.begin(), snapshot.cmdline.end(), '\0', ' ');

    snapshot.script_name.clear();
    if (snapshot.comm.size() == kLongestComm) {
        constexpr int kArgumentsTried = 3;
        for (int tried = 0; tried < kArgumentsTried && !bytes.empty(); ++tried) {
            const std::size_t end = std::min(bytes.find('\0'), bytes.size());
            const std::string_view name = base_name(bytes.substr(0, end));
            if (name.starts_with(snapshot.comm)) {
                snapshot.script_name.assign(name);
                break;
            }
            bytes.remove_prefix(std::min(end + 1, bytes.size()));
        }
    }
    snapshot.mark(Field::Cmdline);
}

std::string_view executable_path(std::string_view exe) {
    constexpr std::string_view kDeleted = " (deleted)";
    if (exe.ends_with(kDeleted))
        exe.remove_suffix(kDeleted.size());
    return exe;
}

std::string_view executable_name(std::string_view exe) {
    return base_name(executable_path(exe));
}

std::string_view system_unit(std::string_view cgroup) {
    constexpr std::array<std::string_view, 5> kUnitSuffixes = {".service", ".scope", ".socket",
                                                               ".mount", ".swap"};
    while (!cgroup.empty()) {
        cgroup.remove_prefix(cgroup.front() == '/' ? 1 : 0);
        const std::size_t end = std::min(cgroup.find('/'), cgroup.size());
        std::string_view component = cgroup.substr(0, end);
        cgroup.remove_prefix(end);
        if (component.ends_with(".slice"))
            continue;
        // systemd puts "_" before names that cgroupfs would take for files of its own.
        if (component.starts_with('_'))
            component.remove_prefix(1);
        const bool is_unit =
            std::any_of(kUnitSuffixes.begin(), kUnitSuffixes.end(), [&](std::string_view suffix) {
                return component.size() > suffix.size() && component.ends_with(suffix);
            });
        return is_unit ? component : std::string_view();
    }
    return {};
}

}  // namespace oomguard
