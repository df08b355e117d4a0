// SPDX-License-Identifier: MIT
#include "core/kernel_log.hpp"

#include <charconv>
#include <utility>

#include "core/scan.hpp"

namespace oomguard {
namespace {

/// The number behind the key, wherever that is.
template <typename Number>
std::optional<Number> number_after(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(at + key.size());
    return take_number<Number>(text);
}

/// The same for one in kB, in bytes.
std::optional<std::uint64_t> bytes_after(std::string_view text, std::string_view key) {
    const auto kibibytes = number_after<std::uint64_t>(text, key);
    if (!kibibytes)
        return std::nullopt;
    return *kibibytes * 1024;
}

std::optional<unsigned> hexadecimal(std::string_view digits) {
    unsigned value = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (failure != std::errc{} || end != digits.data() + digits.size())
        return std::nullopt;
    return value;
}

/// The bytes that the kernel writes as \xNN (msg_add_ext_text in kernel/printk/printk.c).
std::string unescaped(std::string_view text) {
    constexpr std::size_t kEscape = 4;
    std::string bytes;
    while (!text.empty()) {
        const auto value = text.starts_with("\\x") && text.size() >= kEscape
                               ? hexadecimal(text.substr(2, 2))
                               : std::nullopt;
        bytes += value ? static_cast<char>(*value) : text.front();
        text.remove_prefix(value ? kEscape : 1);
    }
    return bytes;
}

std::optional<OomMessage> parse_killed(std::string_view text) {
    OomMessage message{.kind = OomMessage::Kind::Killed};
    if (take_prefix(text, "Memory cgroup out of memory: "))
        message.is_cgroup = true;
    else if (take_prefix(text, "Out of memory (oom_kill_allocating_task): "))
        message.is_of_allocator = true;
    else if (!take_prefix(text, "Out of memory: "))
        return std::nullopt;
    if (!take_prefix(text, "Killed process "))
        return std::nullopt;
    const auto pid = take_number<Pid>(text);
    if (!pid || !take_prefix(text, " ("))
        return std::nullopt;
    // From the right: a name may hold anything.
    const std::size_t end = text.rfind(") total-vm:");
    if (end == std::string_view::npos)
        return std::nullopt;
    message.pid = *pid;
    message.name = text.substr(0, end);
    text.remove_prefix(end);
    message.uid = number_after<std::uint32_t>(text, " UID:").value_or(0);
    message.score = number_after<int>(text, " oom_score_adj:").value_or(0);
    for (const char* kind : {" anon-rss:", " file-rss:", " shmem-rss:"})
        message.bytes += bytes_after(text, kind).value_or(0);
    return message;
}

std::optional<OomMessage> parse_summary(std::string_view text) {
    OomMessage message{.kind = OomMessage::Kind::Summary};
    const std::size_t uid = text.rfind(",uid=");
    if (uid == std::string_view::npos)
        return std::nullopt;
    const std::size_t pid = text.rfind(",pid=", uid);
    if (pid == std::string_view::npos)
        return std::nullopt;
    message.pid = number_after<Pid>(text.substr(pid), ",pid=").value_or(0);
    text = text.substr(0, pid);
    // Where the whole machine has run out there is ",global_oom," in its place. Paths begin with a
    // slash, which the name of the cpuset before them, a single one, cannot have.
    std::string_view rest = text;
    if (take_until(rest, ",oom_memcg=/")) {
        const auto cgroup = take_until(rest, ",task_memcg=/");
        if (!cgroup)
            return std::nullopt;
        message.cgroup = "/" + std::string(*cgroup);
    } else if (!take_until(rest, ",task_memcg=/")) {
        return std::nullopt;
    }
    message.victim = "/" + std::string(rest);
    return message;
}

std::optional<OomMessage> parse_group(std::string_view text) {
    constexpr std::string_view kTail = " are going to be killed due to memory.oom.group set";
    if (!text.ends_with(kTail))
        return std::nullopt;
    OomMessage message{.kind = OomMessage::Kind::Group};
    message.cgroup = text.substr(0, text.size() - kTail.size());
    return message;
}

std::optional<OomMessage> parse_usage(std::string_view text) {
    const auto usage = bytes_after(text, "usage ");
    const auto limit = bytes_after(text, "limit ");
    if (!usage || !limit)
        return std::nullopt;
    OomMessage message{.kind = OomMessage::Kind::Usage};
    message.bytes = *usage;
    message.limit = *limit;
    return message;
}

std::optional<OomMessage> parse_swap(std::string_view text) {
    OomMessage message{.kind = OomMessage::Kind::Swap};
    message.swap_free = bytes_after(text, "Free swap  = ");
    message.swap_total = bytes_after(text, "Total swap = ");
    if (!message.swap_free && !message.swap_total)
        return std::nullopt;
    return message;
}

}  // namespace

std::optional<KernelRecord> parse_kernel_record(std::string_view record) {
    constexpr unsigned kLevels = 8;
    const auto priority = take_number<unsigned>(record);
    if (!priority || *priority >= kLevels || !take_prefix(record, ","))
        return std::nullopt;
    const auto sequence = take_number<std::uint64_t>(record);
    if (!sequence || !take_prefix(record, ","))
        return std::nullopt;
    const auto usec = take_number<std::uint64_t>(record);
    if (!usec || !take_until(record, ";"))
        return std::nullopt;
    return KernelRecord{*sequence, *usec, unescaped(record.substr(0, record.find('\n')))};
}

std::optional<OomMessage> parse_oom_message(std::string_view text) {
    // Longer than the name of a program, with which other messages begin.
    if (take_prefix(text, "oom-kill:constraint="))
        return parse_summary(text);
    if (take_prefix(text, "Tasks in "))
        return parse_group(text);
    if (take_prefix(text, "memory: "))
        return parse_usage(text);
    if (text.starts_with("Free swap ") || text.starts_with("Total swap "))
        return parse_swap(text);
    if (text.starts_with("active_anon:")) {
        OomMessage message{.kind = OomMessage::Kind::Free};
        message.pages = number_after<std::uint64_t>(text, " free:").value_or(0);
        return message;
    }
    if (const std::size_t at = text.find(" invoked oom-killer: "); at <= kLongestComm) {
        OomMessage message{.kind = OomMessage::Kind::Invoked};
        message.is_on_request = number_after<int>(text.substr(at), " order=") == -1;
        return message;
    }
    return parse_killed(text);
}

std::string_view cgroup_of(std::string_view victim, std::string_view name) {
    const std::size_t tail = name.size() + std::string_view(",task=").size();
    if (victim.size() < tail || !victim.ends_with(name))
        return {};
    const std::size_t end = victim.size() - tail;
    return victim.substr(end).starts_with(",task=") ? victim.substr(0, end) : std::string_view();
}

}  // namespace oomguard
