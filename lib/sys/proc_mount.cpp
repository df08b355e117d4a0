// SPDX-License-Identifier: MIT
#include "sys/proc_mount.hpp"

#include <charconv>

namespace oomguard::sys {
namespace {

/// Up to the separator, which is taken away with it.
std::string_view take(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

/// The options of a line that is a procfs on /proc: "ID PARENT DEVICE ROOT POINT OPTIONS [TAG ...]
/// - TYPE SOURCE OPTIONS". Blanks in a path are written as \040.
std::optional<std::string_view> options_of_proc(std::string_view line) {
    constexpr int kFieldsBeforePoint = 4;
    for (int field = 0; field < kFieldsBeforePoint; ++field)
        (void)take(line, ' ');
    if (take(line, ' ') != "/proc")
        return std::nullopt;
    const std::size_t end_of_tags = line.find(" - ");
    if (end_of_tags == std::string_view::npos)
        return std::nullopt;
    line.remove_prefix(end_of_tags + 3);
    if (take(line, ' ') != "proc")
        return std::nullopt;
    (void)take(line, ' ');
    return line;
}

ProcHiding hiding_of(std::string_view options) {
    ProcHiding hiding;
    std::optional<Gid> group = 0;
    bool spares_group = true;
    while (!options.empty()) {
        std::string_view option = take(options, ',');
        const std::string_view name = take(option, '=');
        if (name == "hidepid") {
            hiding.hides = option != "off" && option != "0";
            spares_group = option != "ptraceable" && option != "4";
        } else if (name == "gid") {
            Gid id = 0;
            const auto [end, error] =
                std::from_chars(option.data(), option.data() + option.size(), id);
            group = error == std::errc() && end == option.data() + option.size() ? std::optional(id)
                                                                                 : std::nullopt;
        }
    }
    if (hiding.hides && spares_group)
        hiding.spared_group = group;
    return hiding;
}

}  // namespace

std::optional<ProcHiding> parse_proc_hiding(std::string_view mountinfo) {
    std::optional<ProcHiding> found;
    while (!mountinfo.empty()) {
        if (const auto options = options_of_proc(take(mountinfo, '\n')))
            found = hiding_of(*options);
    }
    return found;
}

}  // namespace oomguard::sys
