// SPDX-License-Identifier: MIT
#include "sys/proc_parse.hpp"

#include <algorithm>
#include <charconv>

#include "core/rule.hpp"

namespace oomguard::sys {

namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

/// Takes the text up to the next separator, and the separator. Nothing if there is none: what a
/// limit has cut off must not be taken for a shorter number or path.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end + 1);
    return taken;
}

template <typename Number>
std::optional<Number> take_number(std::string_view& text, char separator) {
    const std::optional<std::string_view> taken = take_until(text, separator);
    return taken ? parse_number<Number>(*taken) : std::nullopt;
}

bool skip_fields(std::string_view& text, int count) {
    for (; count > 0; --count)
        if (!take_until(text, ' '))
            return false;
    return true;
}

/// Fields 26 to 28 of `stat`; 0 if they are hidden or cut off.
std::uint64_t image_of(std::string_view fields_from_23) {
    if (!skip_fields(fields_from_23, 3))
        return 0;
    const auto code_start = take_number<std::uint64_t>(fields_from_23, ' ');
    const auto code_end = take_number<std::uint64_t>(fields_from_23, ' ');
    const auto stack_start = take_number<std::uint64_t>(fields_from_23, ' ');
    if (!code_start || !code_end || !stack_start || *stack_start == 0)
        return 0;
    constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio
    return ((*code_start * kSpread) ^ *code_end) * kSpread ^ *stack_start;
}

/// What follows `key`, such as "\nUid:\t", to the end of the line or of the text.
std::optional<std::string_view> line_of(std::string_view status, std::string_view key) {
    const std::size_t at = status.find(key);
    if (at == std::string_view::npos)
        return std::nullopt;
    status.remove_prefix(at + key.size());
    return status.substr(0, status.find('\n'));
}

/// Puts the numbers of "4 24 1000 " into `groups`; the kernel writes a space after each, and also
/// if there are none. False if there is anything else; a last number that was cut off is left out.
bool append_groups(std::string_view line, std::vector<Gid>& groups) {
    if (line == " ")
        return true;
    while (const std::optional<std::string_view> token = take_until(line, ' ')) {
        const std::optional<Gid> group = parse_number<Gid>(*token);
        if (!group)
            return false;
        groups.push_back(*group);
    }
    return line.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "    1234 kB"
std::optional<std::uint64_t> kibibytes_of(std::string_view line) {
    constexpr std::string_view kUnit = " kB";
    constexpr std::uint64_t kMost = std::uint64_t{1} << 48;  // 2^58 bytes: sums are in range
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.ends_with(kUnit))
        return std::nullopt;
    line.remove_suffix(kUnit.size());
    const auto number = parse_number<std::uint64_t>(line);
    return number && *number <= kMost ? number : std::nullopt;
}

}  // namespace

std::optional<Snapshot> parse_stat(std::string_view text) {
    Snapshot snapshot;
    const std::optional<Pid> pid = take_number<Pid>(text, ' ');
    const std::size_t name_end = text.rfind(')');
    if (!pid || *pid <= 0 || !text.starts_with('(') || name_end == std::string_view::npos)
        return std::nullopt;
    snapshot.id.pid = *pid;
    snapshot.comm.assign(text.substr(1, name_end - 1));

    // The fields by their numbers in proc(5).
    text.remove_prefix(name_end + 1);
    if (!text.starts_with(' '))
        return std::nullopt;
    text.remove_prefix(1);
    const std::optional<std::string_view> state = take_until(text, ' ');                  // 3
    const std::optional<Pid> parent = take_number<Pid>(text, ' ');                        // 4
    if (!state || state->size() != 1 || !parent || *parent < 0 || !skip_fields(text, 4))  // 5 to 8
        return std::nullopt;
    const std::optional<std::uint32_t> flags = take_number<std::uint32_t>(text, ' ');  // 9
    if (!flags || !skip_fields(text, 10))                                              // 10 to 19
        return std::nullopt;
    const std::optional<std::int64_t> threads = take_number<std::int64_t>(text, ' ');  // 20
    if (!threads || !skip_fields(text, 1))                                             // 21
        return std::nullopt;
    const std::optional<std::uint64_t> start = take_number<std::uint64_t>(text, ' ');  // 22
    if (!start)
        return std::nullopt;

    constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD in include/linux/sched.h
    snapshot.id.start_time = *start;
    snapshot.image = image_of(text);
    snapshot.parent_pid = *parent;
    snapshot.kernel_thread = (*flags & kKernelThread) != 0;
    // The main thread may have ended before the others: the process is not dead then.
    snapshot.zombie = (*state == "Z" || *state == "X") && *threads <= 1;
    return snapshot;
}

std::optional<StatusCredentials> parse_status(std::string_view text) {
    const std::optional<std::string_view> group_leader = line_of(text, "\nTgid:\t");
    std::optional<std::string_view> uids = line_of(text, "\nUid:\t");
    std::optional<std::string_view> gids = line_of(text, "\nGid:\t");
    const std::optional<std::string_view> groups = line_of(text, "\nGroups:\t");
    if (!text.starts_with("Name:") || !group_leader || !uids || !gids || !groups)
        return std::nullopt;

    // Real, effective, saved and file system ids; the real one is first.
    const std::optional<Uid> uid = take_number<Uid>(*uids, '\t');
    const std::optional<Gid> gid = take_number<Gid>(*gids, '\t');
    const std::optional<Pid> pid = parse_number<Pid>(*group_leader);
    if (!uid || !gid || !pid)
        return std::nullopt;
    StatusCredentials credentials{*pid, *uid, {*gid}};
    if (!append_groups(*groups, credentials.groups))
        return std::nullopt;
    return credentials;
}

std::optional<StatusMemory> parse_status_memory(std::string_view text) {
    const std::optional<std::string_view> group_leader = line_of(text, "\nTgid:\t");
    std::optional<std::string_view> uids = line_of(text, "\nUid:\t");
    std::optional<std::string_view> threads = line_of(text, "\nThreads:\t");
    if (!text.starts_with("Name:") || !group_leader || !uids || !threads)
        return std::nullopt;
    const std::optional<Pid> pid = parse_number<Pid>(*group_leader);
    const std::optional<Uid> uid = take_number<Uid>(*uids, '\t');
    const std::optional<std::uint32_t> count = parse_number<std::uint32_t>(*threads);
    if (!pid || !uid || !count)
        return std::nullopt;
    StatusMemory memory{*pid, *uid, *count, std::nullopt};
    if (!line_of(text, "\nVmRSS:\t"))
        return memory;
    std::uint64_t sum = 0;
    for (const char* key : {"\nVmRSS:\t", "\nVmSwap:\t", "\nVmPTE:\t"}) {
        const std::optional<std::string_view> line = line_of(text, key);
        const std::optional<std::uint64_t> part = line ? kibibytes_of(*line) : std::nullopt;
        if (!part)
            return std::nullopt;
        sum += *part;
    }
    memory.bytes = sum * 1024;
    return memory;
}

std::optional<std::string> parse_cgroup(std::string_view text) {
    // "ID:CONTROLLERS:PATH". A path may hold ':' but, as cgroup_mkdir() in the kernel's
    // kernel/cgroup/cgroup.c sees to, no newline.
    std::optional<std::string_view> unified;
    std::optional<std::string_view> systemd;
    while (std::optional<std::string_view> line = take_until(text, '\n')) {
        const std::optional<std::string_view> id = take_until(*line, ':');
        const std::optional<std::string_view> controllers = take_until(*line, ':');
        if (!id || !controllers || !line->starts_with('/'))
            return std::nullopt;
        if (*id == "0" && controllers->empty() && !unified)
            unified = *line;
        else if (*controllers == "name=systemd" && !systemd)
            systemd = *line;
    }
    // The line of the v2 tree comes last: in a text that was cut off it may be missing.
    if (!text.empty())
        return std::nullopt;

    std::optional<std::string_view> path = unified ? unified : systemd;
    if (!path)
        return std::nullopt;
    constexpr std::string_view kDeleted = " (deleted)";
    if (path->ends_with(kDeleted))
        path->remove_suffix(kDeleted.size());
    return std::string(*path);
}

std::optional<int> parse_score(std::string_view text) {
    const std::optional<int> score = take_number<int>(text, '\n');
    if (!score || !text.empty() || *score < kLowestScore || *score > kHighestScore)
        return std::nullopt;
    return score;
}

std::optional<std::uint32_t> parse_oom_score(std::string_view text) {
    const std::optional<std::uint32_t> score = take_number<std::uint32_t>(text, '\n');
    return text.empty() ? score : std::nullopt;
}

}  // namespace oomguard::sys
